"""The seeded week: the same by its seed, mild when small, with every oddity when large."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from datetime import datetime
from functools import cache
from itertools import pairwise
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from bt_autotask_sync.sandbox.appliance import ApplianceServer
from bt_autotask_sync.sandbox.scenarios.seed import DEFAULT_DOMAIN, ROLE_NAME, seed_world
from bt_autotask_sync.sandbox.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SUNDAY_NOON = 1_795_348_800.0 + 12 * 3600


class Shelf:
    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.count = 1000

    def insert(self, entity: str, record: Mapping[str, Any], /) -> int:
        self.count += 1
        self.rows[entity].append({**record, "id": self.count})
        return self.count


class World:
    def __init__(self, sessions: int, seed: int, now: float = SUNDAY_NOON) -> None:
        self.now = now
        self.appliance = ApplianceServer(SimpleNamespace(now=lambda: now), Switches(), Random(seed))
        shelf = Shelf()
        seed_world(SimpleNamespace(store=shelf), self.appliance, sessions=sessions, random=Random(seed))
        self.rows = shelf.rows
        self.sessions: list[dict[str, Any]] = self.appliance.state()["sessions"]

    def report(self) -> bytes:
        account = self.appliance.credentials
        grant = {"method": "POST", "data": {"grant_type": "client_credentials"}}
        answer = self._ask("/oauth2/token", auth=(account.client_id, account.client_secret), **grant)
        query = {"generate_report": "SupportSession", "start_time": "0", "duration": "0"}
        headers = {"Authorization": f"Bearer {json.loads(answer)['access_token']}"}
        return self._ask("/api/reporting", query_string=query, headers=headers)

    def plainly_deliverable(self) -> list[dict[str, Any]]:
        """Return the ended sessions that name an open ticket and whose owner can be billed under the usual role."""
        (role,) = (row["id"] for row in self.rows["Roles"] if row["name"] == ROLE_NAME)
        holders = {row["resourceID"] for row in self.rows["ResourceServiceDeskRoles"] if row["roleID"] == role}
        billable = {
            row["email"]
            for row in self.rows["Resources"]
            if row["isActive"] and row["licenseType"] != 7 and row["id"] in holders
        }
        numbers = {row["ticketNumber"] for row in self.rows["Tickets"] if row["status"] != 5}
        return [
            session
            for session in self.sessions
            if session["ended_at"] is not None
            and session["ended_at"] > session["started_at"]
            and session["external_key"] in numbers
            and email(session["primary_representative"]) in billable
        ]

    def _ask(self, path: str, **options: Any) -> bytes:
        return self.appliance.handle(Request(EnvironBuilder(path, **options).get_environ())).get_data()


def email(username: str) -> str:
    account = username.rpartition("\\")[2]
    return account if "@" in account else f"{account}@{DEFAULT_DOMAIN}"


@cache
def full_week() -> World:
    return World(120, seed=3)


@cache
def full_report() -> list[ET.Element]:
    root = ET.fromstring(re.sub(rb' xmlns="[^"]*"', b"", full_week().report()))
    return list(root)


def test_the_same_seed_makes_the_same_world_and_another_seed_another() -> None:
    first, again, other = World(40, seed=1), World(40, seed=1), World(40, seed=2)
    assert first.report() == again.report()
    assert first.rows == again.rows
    assert first.appliance.credentials == again.appliance.credentials
    assert first.report() != other.report()
    assert first.rows != other.rows


def test_logging_in_changes_nothing_in_the_sessions_to_come() -> None:
    quiet, busy = World(3, seed=1), World(3, seed=1)
    busy.report()
    assert quiet.appliance.add_sessions(5) == busy.appliance.add_sessions(5)
    assert quiet.report() == busy.report()


@pytest.mark.parametrize("now", [SUNDAY_NOON, SUNDAY_NOON - 11.9 * 3600, SUNDAY_NOON + 3 * 86_400])
@pytest.mark.parametrize("sessions", [0, 1, 12, 120])
def test_sessions_ended_in_the_last_week_and_one_is_in_progress(sessions: int, now: float) -> None:
    world = World(sessions, seed=5, now=now)
    ended = [each for each in world.sessions if each["ended_at"] is not None]
    assert len(ended) == sessions
    assert all(now - 7 * 86_400 <= each["started_at"] <= each["ended_at"] <= now - 120 for each in ended)
    running = [each for each in world.sessions if each["ended_at"] is None and not each["closed_abnormally"]]
    assert len(running) == 1
    assert [each["lseq"] for each in world.sessions] == sorted({each["lseq"] for each in world.sessions})


@pytest.mark.parametrize("sessions", [1, 4, 5, 12, 20, 30])
def test_a_small_world_is_mild_but_not_without_oddities(sessions: int) -> None:
    for seed in range(20):
        plain = len(World(sessions, seed).plainly_deliverable())
        assert plain >= 0.75 * sessions
        assert (plain < sessions) is (sessions >= 5)


def test_sessions_made_later_name_an_open_ticket_of_somebody_who_is_on_duty() -> None:
    world = World(5, seed=9)
    before = len(world.plainly_deliverable())
    lsids = world.appliance.add_sessions(30)
    world.sessions = world.appliance.state()["sessions"]
    assert len(world.plainly_deliverable()) == before + len(lsids)
    (lsid,) = world.appliance.add_sessions(1, external_key="")
    assert world.appliance.state()["sessions"][-1]["external_key"] == ""
    assert lsid not in lsids


def test_a_technician_does_not_hold_two_sessions_at_a_time_in_a_quiet_week() -> None:
    spans = defaultdict(list)
    for session in World(30, seed=4).sessions:
        if session["ended_at"] is not None and len(session["representatives"]) == 1:
            spans[session["primary_representative"]].append((session["started_at"], session["ended_at"]))
    assert sum(len(each) for each in spans.values()) > 15
    for each in spans.values():
        each.sort()
        assert all(left[1] <= right[0] for left, right in pairwise(each))


def test_the_tenant_has_people_roles_and_clients() -> None:
    rows = full_week().rows
    assert (len(rows["Companies"]), len(rows["Contacts"])) == (8, 28)
    people = [row for row in rows["Resources"] if row["licenseType"] != 7]
    assert (len(people), len(rows["Resources"])) == (8, 9)
    assert [row["isActive"] for row in people].count(False) == 1
    assert all(row["email"].isascii() and row["email"].endswith("@" + DEFAULT_DOMAIN) for row in rows["Resources"])
    addresses = Counter(row["emailAddress"] for row in rows["Contacts"])
    assert sorted(addresses.values())[-4:] == [1, 2, 2, 2]
    assert all(re.fullmatch(r"[a-z0-9.-]+@[a-z0-9-]+\.example", address) for address in addresses)
    assert Counter(row["isActive"] for row in rows["Contacts"]) == {1: 27, 0: 1}


def test_contacts_share_addresses_across_clients_and_with_somebody_who_has_left() -> None:
    shared = defaultdict(list)
    for row in full_week().rows["Contacts"]:
        shared[row["emailAddress"]].append((row["companyID"], row["isActive"]))
    groups = [sorted(group) for group in shared.values() if len(group) > 1]
    assert any(first[0] != second[0] and first[1] == second[1] == 1 for first, second in groups)
    assert any(first[0] == second[0] and (first[1], second[1]) == (0, 1) for first, second in groups)


def test_every_technician_but_one_holds_the_usual_role() -> None:
    rows = full_week().rows
    names = {row["id"]: row["name"] for row in rows["Roles"]}
    held = defaultdict(set)
    for row in rows["ResourceServiceDeskRoles"]:
        held[row["resourceID"]].add(names[row["roleID"]])
    assert len(held) == 8
    assert [ROLE_NAME in roles for roles in held.values()].count(False) == 1


def test_tickets_have_numbers_of_their_dates_and_valid_references() -> None:
    rows = full_week().rows
    tickets = rows["Tickets"]
    companies = {row["id"]: row["companyID"] for row in rows["Contacts"]}
    assert len(tickets) == 40
    assert len({row["ticketNumber"] for row in tickets}) == 40
    assert all(re.fullmatch(r"T\d{8}\.\d{4}(\.\d{3})?", row["ticketNumber"]) for row in tickets)
    assert all(row["ticketNumber"][1:9] == row["createDate"][:10].replace("-", "") for row in tickets)
    assert all(companies[row["contactID"]] == row["companyID"] for row in tickets)
    assert len({row["queueID"] for row in tickets}) >= 4
    assert {1, 5} < {row["status"] for row in tickets}
    assert {row["ticketID"] for row in rows["TimeEntries"]} == {row["ticketID"] for row in rows["TicketNotes"]} != set()
    assert all("bt:" not in row["title"] for row in rows["TicketNotes"])


def test_sessions_are_about_tickets_that_were_there() -> None:
    world = full_week()
    created = {row["ticketNumber"]: datetime.fromisoformat(row["createDate"]) for row in world.rows["Tickets"]}
    named = [each for each in world.sessions if each["external_key"] in created]
    assert len(named) > 90
    assert all(created[each["external_key"]].timestamp() <= each["started_at"] for each in named)


def test_tickets_grow_with_the_sessions() -> None:
    assert len(World(400, seed=1).rows["Tickets"]) == 100


def test_a_full_week_has_keys_in_every_form() -> None:
    keys = [each.findtext("external_key") or "" for each in full_report()]
    numbers = {row["ticketNumber"] for row in full_week().rows["Tickets"]}
    ids = {row["id"] for row in full_week().rows["Tickets"]}
    forms: dict[str, Callable[[str], Any]] = {
        "none": lambda key: key == "",
        "exact": lambda key: key in numbers,
        "lower case": lambda key: key[:1] == "t" and key.upper() in numbers,
        "in text": lambda key: key.startswith("Re: ["),
        "spaces": lambda key: key != key.strip() and key.strip() in numbers,
        "json": lambda key: key.startswith("{") and key.endswith("}") and json.loads(key)["ticketNumber"] in numbers,
        "cut json": lambda key: key.startswith('{"ticketNumber') and not key.endswith("}"),
        "id": lambda key: key.startswith("id:") and int(key[3:]) in ids,
        "digits": lambda key: key.isdecimal() and int(key) in ids,
        "two": lambda key: len(set(re.findall(r"T\d{8}\.\d{4}", key))) == 2,
        "unknown": lambda key: re.fullmatch(r"T\d{8}\.\d{4}", key) and key not in numbers,
        "no number": lambda key: key.startswith("PO "),
    }
    assert {name for name, is_form in forms.items() if any(is_form(key) for key in keys)} == set(forms)


def test_a_full_week_has_technicians_of_every_kind() -> None:
    rows = full_week().rows
    kinds = {row["email"]: (row["isActive"], row["licenseType"] == 7) for row in rows["Resources"]}
    primaries = {email(each["primary_representative"]) for each in full_week().sessions}
    assert {kinds.get(each) for each in primaries} == {(True, False), (False, False), (True, True), None}
    usernames = {each["primary_representative"] for each in full_week().sessions}
    assert any("\\" in each for each in usernames)
    assert any("@" in each for each in usernames)
    assert any(len(each["representatives"]) > 1 for each in full_week().sessions)


def test_a_full_week_has_hours_of_every_kind() -> None:
    ended = [each for each in full_week().sessions if each["ended_at"] is not None]
    assert any(each["started_at"] // 86_400 != each["ended_at"] // 86_400 for each in ended)
    assert any(each["started_at"] == each["ended_at"] for each in ended)
    assert [each["closed_abnormally"] for each in full_week().sessions].count(True) == 1
    working = [each for each in ended if 7 <= each["started_at"] % 86_400 // 3600 < 18]
    assert len(working) > 0.9 * len(ended)


@pytest.mark.parametrize(
    "path",
    [
        ".//encoded_body",
        ".//event/filename",
        ".//event/data/value[@name='filename']",
        ".//system_information/category/data/row",
        ".//command_shell_recording",
        ".//session_recording_view_url",
        ".//custom_attribute[@code_name='asset_tag']",
        ".//customer/info/details",
        ".//cust_exit_survey",
        ".//rep_exit_survey",
        ".//representative[invited='1']",
        ".//representative[session_owner='0']",
        ".//customer[private_ip='Unknown']",
        ".//event[@event_type='Session Note Added']",
        ".//jump_group",
        ".//public_site[@id='2']",
        ".//event[@event_type='Chat Message']/destination[@type='representative']",
        ".//event[@event_type='Chat Message']/destination[@type='customer']",
        ".//event[@event_type='Chat Message']/performed_by[@type='system']",
    ],
)
def test_a_full_week_shows_every_part_of_a_report(path: str) -> None:
    assert any(session.find(path) is not None for session in full_report())


def test_a_full_week_has_texts_that_break_careless_programs() -> None:
    chats = [" ".join(each.itertext()) for session in full_report() for each in session.iter("event")]
    for text in ("{{secret}}", "<b>&", "]]>", "山田", "שלום", "ä", "👩‍💻"):
        assert any(text in chat for chat in chats), text
    surveys = [each.get("value", "") for session in full_report() for each in session.iter("value")]
    assert any("\\n" in value for value in surveys)
    addresses = [session.findtext(".//customer/public_ip", "") for session in full_report()]
    assert any(re.fullmatch(r"\[[0-9a-f:]+\]:\d+", address) for address in addresses)


def test_long_chats_are_there_when_the_week_is_long_enough() -> None:
    longest = sorted(sum(len(each.text or "") for each in session.iter("body")) for session in full_report())[-2:]
    assert longest[0] > 40_000
    assert longest[1] > 100_000
