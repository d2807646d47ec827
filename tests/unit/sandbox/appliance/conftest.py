"""An appliance on a clock that the tests move, with a client that knows nothing of its insides."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from bt_autotask_sync.sandbox.appliance import ApplianceServer
from bt_autotask_sync.sandbox.switches import Switches

if TYPE_CHECKING:
    from werkzeug import Response

NOON = 1_795_348_800.0 + 12 * 3600
"""2026-11-22 12:00 UTC."""


@dataclass
class Rig:
    switches: Switches = field(default_factory=Switches)
    time: float = NOON

    def __post_init__(self) -> None:
        self.side = ApplianceServer(self, self.switches, Random(7))
        self.bearer = self.token()

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        """Let time pass and log in again."""
        self.time += seconds
        self.bearer = self.token()

    def request(self, path: str, **options: Any) -> Response:
        return self.side.handle(Request(EnvironBuilder(path, **options).get_environ()))

    def token(self) -> str:
        account = self.side.credentials
        options = {"method": "POST", "data": {"grant_type": "client_credentials"}}
        answer = self.request("/oauth2/token", auth=(account.client_id, account.client_secret), **options)
        token: str = answer.get_json()["access_token"]
        return token

    def call(self, path: str, **parameters: Any) -> Response:
        headers = {"Authorization": f"Bearer {self.bearer}"}
        return self.request(path, method="POST", data=parameters, headers=headers)

    def report(self, name: str = "SupportSession", **selector: Any) -> ET.Element:
        return bare(self.call("/api/reporting", generate_report=name, **selector))

    def command(self, action: str, **parameters: Any) -> ET.Element:
        return bare(self.call("/api/command", action=action, **parameters))

    def lsids(self, name: str = "SupportSession", **selector: Any) -> list[str | None]:
        return [each.get("lsid") for each in self.report(name, **selector)]


def bare(answer: Response) -> ET.Element:
    """Return the answer's XML without its namespace."""
    assert answer.status_code == 200
    root = ET.fromstring(answer.get_data())
    for element in root.iter():
        element.tag = element.tag.partition("}")[2] or element.tag
    return root


@pytest.fixture
def rig() -> Rig:
    return Rig()
