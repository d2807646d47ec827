"""The two systems of a profile, as the configuration names them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from bt_autotask_sync.config import values
from bt_autotask_sync.config.problems import Fault, InvalidValueError
from bt_autotask_sync.config.section import FilePath, Seconds, Secret, Section, Words


class Appliance(Section):
    """The BeyondTrust Appliance B Series."""

    id: Annotated[str, AfterValidator(values.appliance_id)] = Field(
        "default",
        description="What the appliance is called at the end of the address that it sends outbound events to (the "
        'plugin\'s "Appliance Id"); "default" may be left out there. Its case does not count.',
    )
    host: Annotated[str, AfterValidator(values.host)] = Field(
        description='Where the appliance is (the plugin\'s "Host Name"): host or host:port, without https://.',
        examples=["support.example.com"],
    )
    client_id: Words = Field(
        description='Who we are (the plugin\'s "Integration API OAuth Client ID").',
        examples=["the client ID of the API account"],
    )
    client_secret: Secret = Field(
        description='The secret of the API account (the plugin\'s "Integration API OAuth Client Secret").',
        examples=[{"env": "BEYONDTRUST_CLIENT_SECRET"}],
    )
    locale: Annotated[str, AfterValidator(values.language)] = Field(
        "en-us",
        description='The language of texts in reports (the plugin\'s "Locale Used for BeyondTrust API Calls").',
    )
    verify_certificates: bool = Field(
        default=True,
        description="Whether the certificate of the appliance must be valid (the plugin's \"Allow Invalid "
        'Certificates", turned round). Every run warns while it is false.',
    )
    ca_file: FilePath = Field(
        None,
        description="A file with the certificates (PEM) to trust instead of the usual ones, for an appliance whose "
        "certificate was signed in house. Relative paths start at this file.",
        examples=["appliance-ca.pem"],
    )
    use_tls: bool = Field(
        default=True,
        description='Whether TLS is spoken (the plugin\'s "Use Non-TLS Connections", turned round). OAuth needs it: '
        "false is an error unless the host is this machine.",
    )
    timeout_seconds: Seconds = Field(60.0, description="How long the appliance may be silent, in seconds.")

    @field_validator("ca_file")
    @classmethod
    def _serves(cls, path: FilePath, info: ValidationInfo) -> FilePath:
        if path and not info.data.get("verify_certificates", True):
            raise InvalidValueError(
                Fault("is useless while verify_certificates is false", "Remove verify_certificates or ca_file.")
            )
        return path

    @field_validator("use_tls")
    @classmethod
    def _is_safe(cls, use_tls: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  # the value that is checked
        return values.tls_choice(use_tls, info.data["host"]) if "host" in info.data else use_tls


class Autotask(Section):
    """The Autotask instance and how notes are made there."""

    services_url: Annotated[str, AfterValidator(values.services_url)] = Field(
        "",
        description='Where Autotask is (the plugin\'s "Autotask Services URL"), like '
        "https://webservices5.autotask.net; an address of the older SOAP services is understood too. Empty: "
        "found by the user name.",
    )
    username: Words = Field(
        description='The user name of the API user (the plugin\'s "Autotask Username").', examples=["api@example.com"]
    )
    secret: Secret = Field(
        description='The password of the API user (the plugin\'s "Autotask Password").',
        examples=[{"env": "AUTOTASK_SECRET"}],
    )
    integration_code: Secret = Field(
        description="The tracking identifier of the API user, which the REST API asks for. Written like a secret.",
        examples=[{"env": "AUTOTASK_INTEGRATION_CODE"}],
    )
    note_type: int = Field(
        1, ge=1, le=2**31 - 1, description='The number of the type of our notes (the plugin\'s "Autotask Note Type").'
    )
    publish_notes_as_public: bool = Field(
        default=False,
        description="Whether end users see the notes, without what is private (the plugin's "
        '"Autotask Publish Notes as Public").',
    )
    publish_session_notes: bool = Field(
        default=False, description="Whether the technicians' session notes appear in public notes too."
    )
    numeric_keys: bool = Field(
        default=False,
        description="Whether an external key of digits alone is a ticket id. While false such a session is held: a "
        "stray number must not reach a stranger's ticket.",
    )
    impersonate: bool = Field(
        default=False,
        description="Whether notes are made in the representative's name. Autotask must permit it, to the API user "
        "(Web Services API > Resource Impersonation) and for the security level of that resource; where a "
        "note is refused in that name and taken in the API user's, that representative's notes are made so for the "
        "rest of the run, after a second one everybody's, and the run warns. A note that is turned away in that name "
        "without words (a 4xx) is looked for first, and then made in the API user's name. The resource is found as for "
        "time entries.",
    )
    settle_seconds: int = Field(
        420,
        ge=0,
        le=86400,
        description="A create of unknown outcome may be sent again only so many seconds after it was given up. "
        "Autotask may work five minutes on it: below 300 every run warns.",
    )
    request_share: float = Field(
        0.8,
        gt=0,
        le=0.95,
        description="The share of the tenant's hourly requests, used by all integrations, up to which a run works. "
        "While Autotask's count cannot be read, a run works up to 200 requests of its own an hour.",
    )
    timeout_seconds: Seconds = Field(100.0, description="How long Autotask may be silent, in seconds.")
