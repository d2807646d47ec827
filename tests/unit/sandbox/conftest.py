"""A sandbox at a standing clock, and a client of Autotask without sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from bt_autotask_sync.sandbox.adapter import SandboxAdapter
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.clock import SandboxClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = 1_795_345_200.0
"""2026-11-22T11:00:00Z."""


class AutotaskUser:
    """Sends what the API user would, to the sandbox at `http://sandbox`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("http://", SandboxAdapter(sandbox))
        known = sandbox.autotask.credentials
        self.session.headers.update(
            {"UserName": known.username, "Secret": known.secret, "ApiIntegrationCode": known.integration_code}
        )

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        url = path if path.startswith("http") else f"http://sandbox/atservicesrest/v1.0{path}"
        return self.session.request(method, url, json=body, timeout=options.pop("timeout", 100), **options)

    def get(self, path: str) -> Any:
        response = self.call("GET", path)
        assert response.status_code == 200, response.text
        return response.json()

    def query(self, entity: str, *conditions: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        response = self.call("POST", f"/{entity}/query", {"filter": list(conditions), **options})
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    def create(self, path: str, body: dict[str, Any]) -> int:
        response = self.call("POST", path, body)
        assert response.status_code == 200, response.text
        key: int = response.json()["itemId"]
        return key

    def change(self, path: str, body: dict[str, Any]) -> None:
        response = self.call("PATCH", path, body)
        assert response.json() == {"itemId": body["id"]}, response.text

    def refusal(self, method: str, path: str, body: Any) -> list[str]:
        response = self.call(method, path, body)
        assert response.status_code == 500, response.text
        texts: list[str] = response.json()["errors"]
        return texts


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock.virtual(NOW)


@pytest.fixture
def sandbox(clock: SandboxClock) -> Sandbox:
    return Sandbox(sessions=2, clock=clock)


@pytest.fixture
def connect() -> Iterator[Callable[[Sandbox], AutotaskUser]]:
    """Return the maker of users of sandboxes that a test makes itself."""
    users: list[AutotaskUser] = []

    def made(sandbox: Sandbox) -> AutotaskUser:
        users.append(AutotaskUser(sandbox))
        return users[-1]

    yield made
    for user in users:
        user.session.close()


@pytest.fixture
def autotask(sandbox: Sandbox, connect: Callable[[Sandbox], AutotaskUser]) -> AutotaskUser:
    return connect(sandbox)


class World:
    """Ids of records that the tests of writes need, made by themselves."""

    def __init__(self, sandbox: Sandbox) -> None:
        put = sandbox.autotask.store.insert
        self.company = put("Companies", {"companyName": "Nordwind", "companyType": 1, "isActive": True})
        self.other_company = put("Companies", {"companyName": "Südwind", "companyType": 1, "isActive": True})
        self.contact = put("Contacts", {"companyID": self.company, "lastName": "Weiß", "isActive": 1})
        self.role = put("Roles", {"name": "Technik", "isActive": True})
        self.foreign_role = put("Roles", {"name": "Vertrieb", "isActive": True})
        self.resource = put("Resources", {"firstName": "Ida", "licenseType": 1, "isActive": True})
        self.idle = put("Resources", {"firstName": "Tom", "licenseType": 1, "isActive": False})
        put("ResourceServiceDeskRoles", {"resourceID": self.resource, "roleID": self.role, "isActive": True})
        self.work_type = put("BillingCodes", {"name": "Remote", "useType": 1, "isActive": True})
        self.expense = put("BillingCodes", {"name": "Taxi", "useType": 2, "isActive": True})
        ticket = {"companyID": self.company, "priority": 2, "queueID": 5}
        self.ticket = put("Tickets", {"title": "Printer", "status": 1, **ticket})
        self.done = put("Tickets", {"title": "Old", "status": 5, **ticket})
        self.api_user = next(row["id"] for row in sandbox.autotask.store.rows("Resources") if row["licenseType"] == 7)

    def time_entry(self, **values: Any) -> dict[str, Any]:
        entry = {
            "ticketID": self.ticket,
            "resourceID": self.resource,
            "roleID": self.role,
            "startDateTime": "2026-11-22T09:00:00Z",
            "endDateTime": "2026-11-22T09:20:00Z",
            "summaryNotes": "Remote support",
            **values,
        }
        return {name: value for name, value in entry.items() if value is not ...}

    def new_ticket(self, **values: Any) -> dict[str, Any]:
        ticket = {
            "companyID": self.company,
            "queueID": 29682833,
            "dueDateTime": "2026-11-23T17:00:00Z",
            "priority": 2,
            "status": 1,
            "title": "Remote session",
            **values,
        }
        return {name: value for name, value in ticket.items() if value is not ...}


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    return World(sandbox)
