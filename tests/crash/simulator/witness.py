"""Watches one process on the wire: what it was told of external keys, and what it does in spite of that."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tests.crash.simulator.records import ENTRIES, KEY_DIGITS, NOTES, lsid_in
from tests.crash.simulator.scene import BEGINNING

if TYPE_CHECKING:
    from tests.crash.simulator.scene import Scene
    from tests.crash.simulator.steps import Exchange

TICKET_MARK = "bt:"
_ASKING = "get_session_attributes"
_REPORT = "SupportSession"
_TELLING = (_REPORT, _ASKING)


class Evidence:
    """What the processes of a trial have done, as far as the judge needs it.

    Attributes:
        wrong: What no process may do.
        made_from: The keys that tickets were made from, as their makers had been told them, by lsid.
        kept_out: The lsids of running sessions into which the appliance has refused to write.
        forgotten_at: When the ledger last lost what it knew.
    """

    def __init__(self) -> None:
        self.forgotten_at = float("-inf")
        self.wrong: list[str] = []
        self.made_from: dict[str, set[str]] = {}
        self.kept_out: set[str] = set()


class Witness:
    """Watches the requests of one process.

    Args:
        scene: Both products.
        evidence: Where it is kept what was seen.
    """

    def __init__(self, scene: Scene, evidence: Evidence) -> None:
        self._scene = scene
        self._evidence = evidence
        self._told: dict[str, str] = {}
        self._asked: set[str] = set()
        self._named = {session.lsid: session.external_key for session in scene.sessions()}

    def sees_request(self, exchange: Exchange, body: bytes | str) -> None:
        """See a request before it is carried."""
        if exchange.makes_ticket:
            self._sees_ticket(json.loads(body)["externalID"])
        elif exchange.is_create:
            self._sees_record(exchange, body)
        elif exchange.writes_back:
            self._sees_writing(_form(body)["lsid"])
        elif exchange.action == _ASKING:
            self._asked.add(_form(body)["lsid"])

    def sees_answer(self, exchange: Exchange, body: bytes | str) -> None:
        """See a whole answer on its way to the process, which now knows what it tells."""
        if exchange.action not in _TELLING:
            return
        named = _form(body)
        lsids = named.get("lsids", named.get("lsid", ""))
        if exchange.action == _REPORT:
            for lsid in self._scene.complete(lsids):
                self._scene.plans.read(lsid, self._scene.terms)
        self._told |= {each.lsid: each.external_key for each in self._scene.sessions() if each.lsid in lsids}

    def sees_refusal(self, body: bytes | str) -> None:
        """See that the appliance forbids to write into a session: nobody has to try again."""
        self._evidence.kept_out.add(_form(body)["lsid"])

    def _sees_record(self, exchange: Exchange, body: bytes | str) -> None:
        keys = {session.lsid[:KEY_DIGITS]: session.lsid for session in self._scene.sessions()}
        entity = ENTRIES if exchange.path.endswith("/timeentries") else NOTES
        lsid = lsid_in(entity, defaultdict(str, json.loads(body)), keys)
        if lsid is not None:
            self._scene.plans.sent(lsid)

    def _sees_ticket(self, external_id: str) -> None:
        lsid = external_id.removeprefix(TICKET_MARK)
        told, before, now = self._told.get(lsid), self._named.get(lsid, ""), self._key(lsid)
        if told is None:
            self._evidence.wrong.append(f"a ticket is made for {lsid}, whose key was not asked for")
        elif self._scene.names_ticket(told):
            self._evidence.wrong.append(f"a ticket is made for {lsid}, which is known to name {told}")
        elif self._scene.names_ticket(before) and before == now and lsid not in self._asked:
            self._evidence.wrong.append(f"a ticket is made for {lsid}, which named {now} before the run began")
        self._evidence.made_from.setdefault(lsid, set()).add(told or "")

    def _sees_writing(self, lsid: str) -> None:
        session = next((each for each in self._scene.running() if each.lsid == lsid), None)
        if session is None or not session.external_key or not self._scene.is_typed(session):
            return
        if session.external_key in self._evidence.made_from.get(lsid, ()):
            return  # A ticket was made from these very words, which its number may follow.
        # A ledger that has lost what a ticket was made from cannot tell words from what the session came with.
        told_apart = self._evidence.forgotten_at < BEGINNING or self._scene.names_ticket(session.external_key)
        if told_apart:
            self._evidence.wrong.append(f"what somebody typed into {lsid}, {session.external_key!r}, is written over")

    def _key(self, lsid: str) -> str:
        return next((each.external_key for each in self._scene.sessions() if each.lsid == lsid), "")


def _form(body: bytes | str) -> dict[str, str]:
    text = body.decode() if isinstance(body, bytes) else body
    return {name: values[0] for name, values in parse_qs(text).items()}
