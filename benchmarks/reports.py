"""A report of a provider's week, as the sandbox's appliance writes it."""

from __future__ import annotations

import json

from werkzeug.test import Client

from bt_autotask_sync.sandbox.application import Sandbox

SESSIONS = 2000


def report() -> bytes:
    """Return the `SupportSession` report of `SESSIONS` ended sessions, snags and long chats included."""
    sandbox = Sandbox(SESSIONS)
    account = sandbox.appliance.credentials
    client = Client(sandbox)
    token = client.post(
        "/oauth2/token", auth=(account.client_id, account.client_secret), data={"grant_type": "client_credentials"}
    )
    asked = {"generate_report": "SupportSession", "end_time": "0", "duration": "0"}
    bearer = {"Authorization": f"Bearer {json.loads(token.data)['access_token']}"}
    content: bytes = client.post("/api/reporting", data=asked, headers=bearer).data
    return content
