"""The clients of both products, as a profile asks for them."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3

from bt_autotask_sync.appliance.client import ApplianceClient, ApplianceSettings
from bt_autotask_sync.autotask.client import AutotaskClient, AutotaskSettings, open_session
from bt_autotask_sync.config.values import is_loopback
from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.state.states import ArtifactKind
from bt_autotask_sync.sync.deliver.workers import AT_A_TIME

if TYPE_CHECKING:
    from contextlib import ExitStack

    import requests

    from bt_autotask_sync.clock import Clock
    from bt_autotask_sync.config.models import Appliance, Profile
    from bt_autotask_sync.sync.access import Access


def open_clients(
    profile: Profile, clock: Clock, connections: ExitStack, access: Access
) -> tuple[ApplianceClient, AutotaskClient]:
    """Return the clients of both products, which have asked nothing yet; `connections` closes what they use."""
    appliance_http = connections.enter_context(open_session(1))
    autotask_http = connections.enter_context(open_session(AT_A_TIME * len(ArtifactKind)))
    _trust(appliance_http, profile.appliance)
    appliance_gate, autotask_gate = access.gates(profile)
    for http, url in ((appliance_http, f"//{profile.appliance.host}"), (autotask_http, profile.autotask.services_url)):
        # No proxy out of the environment stands between this machine and itself.
        http.trust_env = not is_loopback(urlsplit(url).hostname or "")
    appliance = ApplianceClient(
        ApplianceSettings(
            host=profile.appliance.host,
            client_id=profile.appliance.client_id,
            client_secret=profile.appliance.client_secret.get_secret_value(),
            locale=profile.appliance.locale,
            use_tls=profile.appliance.use_tls,
            timeout_seconds=profile.appliance.timeout_seconds,
        ),
        appliance_http,
        clock,
        appliance_gate,
    )
    client = AutotaskClient(
        AutotaskSettings(
            username=profile.autotask.username,
            secret=profile.autotask.secret.get_secret_value(),
            integration_code=profile.autotask.integration_code.get_secret_value(),
            services_url=profile.autotask.services_url,
            timeout_seconds=profile.autotask.timeout_seconds,
        ),
        autotask_http,
        clock,
        autotask_gate,
    )
    return appliance, client


def _trust(http: requests.Session, appliance: Appliance) -> None:
    """Trust what the profile says; an appliance that is not verified has been warned about.

    Raises:
        UsageError: `ca_file` holds no certificate.
    """
    if not appliance.verify_certificates:
        http.verify = False
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    elif appliance.ca_file is not None:
        try:
            ssl.create_default_context(cafile=appliance.ca_file)
        except OSError:  # which ssl.SSLError is, too
            raise UsageError(
                f"appliance.ca_file {appliance.ca_file} holds no certificate that can be read.",
                "It must be a PEM file, with lines that say -----BEGIN CERTIFICATE-----.",
            ) from None
        http.verify = str(appliance.ca_file)
