"""The listener subclasses uvicorn's internals, so a new version of it has to be read before it is used."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

READ = "0.54.0"
"""The version whose internals were read."""
WHAT_TO_LOOK_AT = """
uvicorn is another version than the one that was read. Before it is taken:
1. Compare uvicorn/protocols/http/h11_impl.py of both versions. The listener's class Connection overrides
   connection_made, eof_received, on_response_complete, connection_lost and send_400_response, sets app, logger and
   access_log, and reads cycle, client, scheme, transport, loop and connections.
2. Compare ServerState in uvicorn/server.py, and Config in uvicorn/config.py: the listener sets http=Connection and
   h11_max_incomplete_event_size, and calls load().
3. Run the tests of the listener: pytest tests -k "events or listen", and pytest tests/crash/test_listener_kills.py.
4. Change READ here and the pin in pyproject.toml, run `make lock`, and note in docs/decisions what changed.
"""
ROOT = Path(__file__).parents[3]


def test_uvicorn_is_the_version_whose_internals_were_read() -> None:
    pins = re.findall(r'"uvicorn([^"]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert pins == [f"=={READ}"], WHAT_TO_LOOK_AT
    assert version("uvicorn") == READ, WHAT_TO_LOOK_AT


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (H11Protocol, "connection_made", ["self", "transport"]),
        (H11Protocol, "connection_lost", ["self", "exc"]),
        (H11Protocol, "eof_received", ["self"]),
        (H11Protocol, "on_response_complete", ["self"]),
        (H11Protocol, "send_400_response", ["self", "msg"]),
        (H11Protocol, "shutdown", ["self"]),
        (ServerState, "__init__", ["self"]),
    ],
)
def test_what_the_listener_uses_of_uvicorn_is_there(owner: type, name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters, WHAT_TO_LOOK_AT


def test_what_the_listener_reads_of_a_request_is_there() -> None:
    source = inspect.getsource(RequestResponseCycle.__init__) + inspect.getsource(H11Protocol.__init__)
    for name in ("more_body", "response_complete", "keep_alive", "cycle", "client", "scheme", "connections", "logger"):
        assert f"self.{name}" in source, WHAT_TO_LOOK_AT
