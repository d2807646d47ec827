"""A provider's week in which everything private is a canary, delivered for real: where does it sing?

The judge is what Autotask holds afterwards, and whatever the program wrote about its work.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.autotask.client import open_session
from bt_autotask_sync.notes.variable_names import terms
from bt_autotask_sync.sandbox.adapter import SandboxAdapter
from bt_autotask_sync.sandbox.application import Sandbox
from bt_autotask_sync.sandbox.faults import Fault
from bt_autotask_sync.state.ledger import Ledger
from tests.conftest import Site
from tests.present import moving_clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests

    from bt_autotask_sync.sandbox.appliance.record import Event, Party, Session
    from tests.conftest import Execute, OpenSite

CANARY = re.compile(r"zq([a-z]+)([0-9]+)zq")
LINK = "session_download"
"""What stands in every link to a chat or a recording: nothing but those has it."""
UNTOLD = {"event"}
"""What no text knows: windows in front and commands typed."""


class Aviary:
    """Puts a canary into everything private of one session, and knows which kinds that are."""

    def __init__(self, number: int, session: Session) -> None:
        self._number = number
        self._session = session
        self.kinds: set[str] = set()

    def canary(self, kind: str) -> str:
        self.kinds.add(kind)
        return f"zq{kind}{self._number}zq"

    def filled(self) -> Session:
        session = self._session
        people: dict[str, Any] = {
            "public_ip": self.canary("address"),
            "private_ip": self.canary("address"),
            "hostname": self.canary("computer"),
            "os": self.canary("computer"),
        }
        return replace(
            session,
            customer=replace(session.customer, **people),
            representatives=tuple(
                replace(each, private_name=f"{each.public_name} {self.canary('name')}", **people)
                for each in session.representatives
            ),
            events=tuple(map(self._event, session.events)),
            jumpoint=session.jumpoint and replace(session.jumpoint, name=self.canary("group")),
            jump_group=session.jump_group and replace(session.jump_group, name=self.canary("group")),
            representative_surveys=tuple(
                replace(
                    survey, answers=tuple(replace(answer, value=self.canary("survey")) for answer in survey.answers)
                )
                for survey in session.representative_surveys
            ),
        )

    def _event(self, event: Event) -> Event:
        event = replace(
            event, performed_by=self._renamed(event.performed_by), destination=self._renamed(event.destination)
        )
        if event.type == "Chat Message":
            private = event.destination is not None and event.destination.type == "representative"
            return replace(event, body=f"{event.body} {self.canary('chat')}") if private else event
        if event.type == "Session Note Added":
            return replace(event, body=f"{self.canary('note')}\n{event.body}")
        if event.type.startswith("File "):
            return self._file(event)
        if event.system_information:
            tables = (replace(table, rows=tuple(map(self._row, table.rows))) for table in event.system_information)
            return replace(event, system_information=tuple(tables))
        return replace(event, data=tuple((name, self._told(name, value)) for name, value in event.data))

    def _renamed(self, party: Party | None) -> Party | None:
        named = party is not None and party.type == "representative"
        return replace(party, name=f"{party.name} {self.canary('name')}") if party and named else party

    def _file(self, event: Event) -> Event:
        folder = f"C:\\{self.canary('folder')}\\"
        data = tuple((name, folder + value if name == "filename" else value) for name, value in event.data)
        return replace(event, data=data, file=event.file and (folder + event.file[0], event.file[1]))

    def _row(self, row: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.canary("system") for _ in row)

    def _told(self, name: str, value: str) -> str:
        kinds = {"public_ip": "address", "private_ip": "address", "hostname": "computer", "os": "computer"}
        kinds |= {"private_name": "name", "owner": "name"}
        return value if name in ("name", "username", "user_id") else self.canary(kinds.get(name, "event"))


def fill(sandbox: Sandbox) -> dict[str, tuple[str, set[str]]]:
    """Put canaries into all sessions of a sandbox; return by lsid the number and the kinds of them."""
    sessions = sandbox.appliance._sessions
    filled = {}
    for number, session in enumerate(sessions):
        aviary = Aviary(number, session)
        sessions.put(aviary.filled())
        filled[session.lsid] = (str(number), aviary.kinds)
    return filled


def greedy() -> str:
    """Return a template that prints every variable that there is in any text, by its name."""

    def inside(prefix: str) -> Iterator[str]:
        for term in terms(public=False):
            name = term.name.removeprefix(prefix)
            if not term.name.startswith(prefix) or "[" in name or "." in name:
                continue
            is_list = term.type == "list"
            yield (
                f"{{{{#{name}}}}}{''.join(inside(f'{term.name}[].'))}{{{{/{name}}}}}"
                if is_list
                else f"{{{{{name}}}}}\n"
            )

    return "".join(inside(""))


def heard(*texts: str) -> dict[str, set[str]]:
    """Return the kinds of canaries in these texts, each with the numbers of their sessions."""
    kinds = defaultdict(set)
    for text in texts:
        for kind, number in CANARY.findall(text):
            kinds[kind].add(number)
        if LINK in text:
            kinds["link"].add("")
    return kinds


def install_greedy_templates(site: Site) -> None:
    directory = site.config.with_name("texts")
    directory.mkdir()
    for kind in ("session", "customer_survey"):
        (directory / f"{kind}_title.mustache").write_text(greedy().replace("\n", " "), encoding="utf-8")
        (directory / f"{kind}_note.mustache").write_text(greedy(), encoding="utf-8")
    site.set("templates.directory", '"texts"')
    summary = f'defaultDomain = "msp.example", roleName = "Technician", summaryNotes = {json.dumps(greedy())}'
    site.set("time_entries.default_data", f"{{ {summary} }}")


class Week:
    """A week of 500 sessions with every oddity, without sockets, its ledger in memory; templates print all there is.

    Attributes:
        aviaries: The number and the kinds of the canaries in each session.
        ledger: All that the ledger held at the end of the run.
        told: All that the run wrote.
    """

    def __init__(self, directory: Path, execute: Execute, monkeypatch: pytest.MonkeyPatch) -> None:
        sandbox = Sandbox(500, clock=moving_clock())
        self.site = Site(sandbox, "http://127.0.0.1:1", directory, execute)
        self.aviaries = fill(sandbox)
        self.ledger = self.told = ""
        close = Ledger.close

        def without_sockets(pool: int) -> requests.Session:
            http = open_session(pool)
            http.mount("http://", SandboxAdapter(sandbox))
            return http

        def dump(ledger: Ledger) -> None:
            self.ledger = "\n".join(ledger._connection.iterdump())
            close(ledger)

        monkeypatch.setattr("bt_autotask_sync.sync.clients.open_session", without_sockets)
        monkeypatch.setattr(Ledger, "open", Ledger.copy_in_memory)
        monkeypatch.setattr(Ledger, "close", dump)
        install_greedy_templates(self.site)

    def deliver(self) -> None:
        done = self.site.command("-vv", "run", "--json")
        assert done.profile["sessions"]["delivered"] > 400
        self.told = done.stdout + done.stderr

    def notes(self, publish: int) -> dict[str, list[str]]:
        """Return the texts of our notes with this publish value, titles first, by lsid."""
        lsids = {lsid[:12]: lsid for lsid in self.aviaries}
        notes: dict[str, list[str]] = defaultdict(list)
        for marker, note in self.site.notes().items():
            if note["publish"] == publish:
                notes[lsids[marker[4:16]]] += [note["title"], note["description"]]
        return notes

    def see_silence(self) -> None:
        """See that customers hear nothing, on no invoice, and that nothing is heard where the program keeps books."""
        summaries = [entry["summaryNotes"] for entry in self.site.entries().values()]
        assert len(summaries) > 400
        assert heard(*summaries, self.told, self.ledger) == {}


@pytest.fixture
def week(tmp_path: Path, execute: Execute, monkeypatch: pytest.MonkeyPatch) -> Week:
    return Week(tmp_path, execute, monkeypatch)


def test_a_week_of_public_notes_tells_customers_nothing_private(week: Week) -> None:
    week.site.set("autotask.publish_notes_as_public", "true")
    week.deliver()
    public, internal = week.notes(publish=1), week.notes(publish=2)
    assert len(public) > 400
    assert heard(*(text for texts in public.values() for text in texts)) == {}
    week.see_silence()
    surveys = {lsid for lsid, (_, kinds) in week.aviaries.items() if "survey" in kinds}
    assert len(internal) > 10
    assert internal.keys() <= surveys
    for lsid, texts in internal.items():
        assert heard(*texts)["survey"] == {week.aviaries[lsid][0]}


def test_a_week_of_internal_notes_tells_colleagues_everything_and_nothing_of_others(week: Week) -> None:
    week.deliver()
    assert week.notes(publish=1) == {}
    notes = week.notes(publish=2)
    assert len(notes) > 400
    for lsid, texts in notes.items():
        number, kinds = week.aviaries[lsid]
        told = heard(*texts)
        assert told.pop("link") == {""}
        if not any("more characters did not fit" in text for text in texts):
            assert told.keys() == kinds - UNTOLD, lsid
        assert set().union(*told.values()) == {number}
    week.see_silence()


def secrets(site: Site) -> set[str]:
    appliance, autotask = site.sandbox.appliance.credentials, site.sandbox.autotask.credentials
    return {appliance.client_secret, autotask.secret, autotask.integration_code}


def test_runs_with_faults_tell_and_keep_no_secret_and_nothing_that_people_said(open_site: OpenSite) -> None:
    site = open_site(sessions=24)
    fill(site.sandbox)
    spoken = {line for session in site.sandbox.appliance._sessions for event in session.events for line in said(event)}
    known = site.sandbox.autotask.credentials
    echo = f"Wrong: {known.secret} {known.integration_code} {known.username}"
    told, tokens = "", set()
    for fault in (
        {"kind": "status", "side": "autotask", "text": echo, "body": "errors", "share": 0.3},
        {"kind": "status", "side": "autotask", "text": echo, "body": "text", "share": 0.3},
        {"kind": "lost_answer", "share": 0.3},
        {"kind": "garbled", "share": 0.3},
        {"kind": "cut_body", "share": 0.3},
        {"kind": "expired_token", "times": 9},
        {"kind": "redirect", "side": "autotask"},
        {"kind": "status", "status": 401, "body": "text", "text": echo, "times": 9},
        {"kind": "outage"},
    ):
        site.sandbox.faults.set(Fault.parse(fault))
        for arguments in (["-vv", "run", "--json"], ["--log-format", "json", "-vv", "run"]):
            done = site.command(*arguments)
            told += done.stdout + done.stderr
        tokens |= set(site.sandbox.appliance._tokens._expiry)
        site.sandbox.faults.clear()
        site.pass_time(500)
    kept = b"".join(path.read_bytes() for path in site.state.iterdir()).decode("utf-8", "replace")
    assert len(told) > 10_000
    assert len(spoken) > 100
    assert tokens
    for text in (told, kept):
        assert heard(text) == {}
        assert not [secret for secret in secrets(site) | tokens | spoken if secret in text]


def said(event: Event) -> Iterator[str]:
    """Yield the longer lines of what people said or wrote in an event."""
    if event.type in ("Chat Message", "Session Note Added"):
        yield from (line for line in event.body.splitlines() if len(line) >= 20)
