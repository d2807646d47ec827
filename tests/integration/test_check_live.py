"""`check` over real sockets: each finding provoked once and named with its mend, and nothing but reads."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.sandbox.autotask.metadata import entity_information, fields
from bt_autotask_sync.sandbox.autotask.schema import ENTITIES
from bt_autotask_sync.state.ledger import Ledger
from bt_autotask_sync.state.lock import run_lock

if TYPE_CHECKING:
    from tests.conftest import Done, OpenSite, Site

AREAS = [
    "configuration",
    "templates",
    "state",
    "appliance",
    "autotask",
    "notes",
    "time_entries",
    "representatives",
]
DEFAULTS = '{ defaultDomain = "msp.example", roleName = "%s", summaryNotes = "Remote support"%s }'


def check(site: Site, code: int, *options: str) -> Done:
    done = site.command("check", "--json", *options)
    assert (done.code, done.report["exit_code"]) == (code, code), done
    return done


def of(done: Done, severity: str) -> list[dict[str, str]]:
    findings: list[dict[str, str]] = done.profile["findings"]
    return [finding for finding in findings if finding["severity"] == severity]


def only(done: Done, severity: str) -> dict[str, str]:
    """The only finding of a severity, the tenant's own rounding aside, of which the sandbox reminds always."""
    (finding,) = [finding for finding in of(done, severity) if "rounds hours" not in finding["what"]]
    assert finding["mend"]
    return finding


def areas_in_order(done: Done) -> set[str]:
    return {finding["area"] for finding in of(done, "ok")}


def answer(site: Site, endpoint: str, body: dict[str, Any] | str, **options: Any) -> None:
    """Let an endpoint answer something else than the sandbox would."""
    text = body if isinstance(body, str) else json.dumps(body)
    site.sandbox.faults.add("status", **{"status": 200, **options}, endpoint=endpoint, body="text", text=text)


def described(entity: str, field: str, site: Site, **changes: Any) -> dict[str, Any]:
    """The fields of an entity as the sandbox tells them, one of them changed."""
    told = fields(ENTITIES[entity.lower()], site.sandbox.switches)
    next(each for each in told["fields"] if each["name"] == field).update(changes)
    return told


def representative(site: Site) -> dict[str, Any]:
    """Let one session end, and return the resource of its technician in Autotask."""
    (lsid,) = site.add()
    username = site.session(lsid)["primary_representative"]
    account = username.rpartition("\\")[2].partition("@")[0]
    return next(row for row in site.rows("Resources") if row["userName"] == account)


def defaults(role: str = "Technician", **more: Any) -> str:
    return DEFAULTS % (role, "".join(f", {name} = {json.dumps(value)}" for name, value in more.items()))


def test_where_all_is_well_there_is_no_problem_and_every_area_was_tried(site: Site) -> None:
    site.add(5)
    done = check(site, 0)
    assert of(done, "problem") == []
    assert {finding["area"] for finding in done.profile["findings"]} == set(AREAS)
    people = done.profile["representatives"]
    assert {(one["standing"], one["time"], one["role"]) for one in people} == {("ready", "entered", "Technician")}
    assert all(one["resource"] for one in people)


def test_json_holds_exactly_what_is_promised(site: Site) -> None:
    site.add()
    report = check(site, 0).report
    assert set(report) == {"schema", "command", "exit_code", "profiles"}
    assert (report["schema"], report["command"]) == (1, "check")
    (profile,) = report["profiles"]
    assert set(profile) == {"profile", "findings", "representatives"}
    assert all(set(finding) == {"severity", "area", "what", "mend"} for finding in profile["findings"])
    shown = {"username", "address", "standing", "time", "resource", "role"}
    assert all(set(one) == shown for one in profile["representatives"])


def test_it_only_reads_and_makes_no_state_directory(site: Site) -> None:
    site.add(3)
    check(site, 0)
    assert site.counts()["autotask"] > 10
    assert {entry.method for entry in site.sandbox.log.entries("autotask")} == {"GET", "POST"}
    posted = {entry.path for entry in site.sandbox.log.entries("autotask") if entry.method == "POST"}
    assert all(path.endswith("/query") for path in posted)
    assert set(site.asked("appliance")) == {
        "token",
        "get_api_info",
        "SupportSessionListing",
        "SupportCustExitSurvey",
        "SupportSession",
    }
    assert not site.state.exists()


def test_after_a_run_it_leaves_the_state_directory_as_it_is(site: Site) -> None:
    site.add(2)
    site.run()
    before = {path.name: path.read_bytes() for path in site.state.iterdir()}
    done = check(site, 0)
    assert {path.name: path.read_bytes() for path in site.state.iterdir()} == before
    shown = [finding["what"] for finding in of(done, "ok")]
    assert "Look-ups show notes that are there." in shown
    assert "Look-ups show time entries that are there." in shown


def test_a_wrong_secret_of_autotask_is_5_and_the_appliance_is_checked_all_the_same(site: Site) -> None:
    site.add()
    site.set("autotask.secret", '"wrong"')
    done = check(site, 5)
    finding = only(done, "problem")
    assert finding["area"] == "autotask"
    assert "refused the credentials" in finding["what"]
    assert "appliance" in areas_in_order(done)
    assert len(site.asked("autotask")) <= 2


def test_a_user_that_autotask_does_not_know_is_5(site: Site) -> None:
    site.set("autotask.username", '"nobody@msp.example"')
    assert only(check(site, 5), "problem")["area"] == "autotask"


def test_a_wrong_secret_of_the_appliance_is_5_and_autotask_is_checked_all_the_same(site: Site) -> None:
    site.set("appliance.client_secret", '"wrong"')
    done = check(site, 5)
    finding = only(done, "problem")
    assert finding["area"] == "appliance"
    assert "client_secret" in finding["mend"]
    assert {"autotask", "notes", "time_entries"} <= areas_in_order(done)


def test_an_appliance_out_of_reach_is_4_and_autotask_is_checked_all_the_same(site: Site) -> None:
    site.sandbox.faults.add("outage", side="appliance")
    done = check(site, 4)
    assert only(done, "problem")["area"] == "appliance"
    assert {"autotask", "notes", "time_entries"} <= areas_in_order(done)


def test_autotask_out_of_reach_is_4_and_the_appliance_is_checked_all_the_same(site: Site) -> None:
    site.sandbox.faults.add("outage", side="autotask")
    done = check(site, 4)
    assert only(done, "problem")["area"] == "autotask"
    assert "appliance" in areas_in_order(done)


@pytest.mark.parametrize("how", ["forbidden", "missing", "document-not-found"])
def test_a_listing_that_is_not_permitted_is_a_remark_as_runs_do_without(site: Site, how: str) -> None:
    site.sandbox.switches.change({"listing": how})
    site.add()
    done = check(site, 0)
    assert "SupportSessionListing" in only(done, "remark")["what"]


def test_a_session_report_that_is_not_permitted_is_a_problem(site: Site) -> None:
    site.add()
    answer(site, "SupportSession", "", side="appliance", status=403)
    assert "SupportSession" in only(check(site, 3), "problem")["what"]


def test_surveys_that_are_not_permitted_are_a_problem_unless_they_are_not_polled(site: Site) -> None:
    site.sandbox.faults.add("status", side="appliance", endpoint="SupportCustExitSurvey", status=403, times=None)
    assert "customer surveys" in only(check(site, 3), "problem")["what"]
    site.set("poll_events", '["session-end"]')
    check(site, 0)


@pytest.mark.parametrize(
    ("name", "value", "severity", "code"),
    [("perm_command", "read_only", "remark", 0), ("perm_reporting_support", "0", "problem", 3)],
)
def test_permissions_of_the_api_account_are_judged(site: Site, name: str, value: str, severity: str, code: int) -> None:
    permission = f'<permissions><permission name="{name}">{value}</permission></permissions>'
    answer(site, "get_api_info", f"<api_information>{permission}</api_information>", side="appliance")
    assert name in only(check(site, code), severity)["what"]


def test_an_account_without_the_command_api_is_a_remark(site: Site) -> None:
    answer(site, "get_api_info", "", side="appliance", status=403)
    assert "command API" in only(check(site, 0), "remark")["what"]


def test_a_report_that_cannot_be_read_is_a_remark_and_the_others_are_read(site: Site) -> None:
    site.add(2)
    site.sandbox.faults.add("garbled", side="appliance", endpoint="SupportSession", times=2)
    done = check(site, 0)
    assert only(done, "remark")["what"].startswith("1 of the last week's reports")
    assert done.profile["representatives"]


def test_a_clock_that_differs_from_this_machines_is_a_remark(site: Site) -> None:
    site.sandbox.clocks["appliance"].advance(3600)
    finding, *_ = of(check(site, 0), "remark")
    assert finding["what"] == "The appliance's clock is 60 minutes ahead of this machine's."


def test_a_zone_that_is_not_the_tenants_is_named_with_the_right_one(site: Site) -> None:
    answer(site, "/zoneInformation", {"url": "http://127.0.0.9:1/ATServicesRest/", "webUrl": ""})
    finding = only(check(site, 3), "problem")
    assert 'services_url = "http://127.0.0.9:1/atservicesrest"' in finding["mend"]


@pytest.mark.parametrize(
    ("used", "severity", "code"), [(500, "ok", 0), (850, "remark", 0), (960, "problem", 4)], ids=str
)
def test_the_hourly_budget_is_judged_as_a_run_judges_it(
    open_site: OpenSite, used: int, severity: str, code: int
) -> None:
    site = open_site(threshold=1000)
    for _ in range(used):
        site.sandbox.autotask.threshold.count()
    done = check(site, code)
    assert any(f"{used + 1} of" in finding["what"] for finding in of(done, severity))


def test_a_count_of_requests_that_cannot_be_read_is_a_remark_with_its_advice(site: Site) -> None:
    site.sandbox.switches.change({"threshold_information": "other-keys"})
    remarks = [finding for finding in of(check(site, 0), "remark") if "cannot be read" in finding["what"]]
    assert len(remarks) == 1
    assert "200 requests an hour" in remarks[0]["mend"]


@pytest.mark.parametrize(
    ("switches", "what"),
    [
        ({"missing_rights": ("Tickets",)}, "The API user may not query Tickets."),
        ({"missing_rights": ("TicketNotes",)}, "The API user may not query TicketNotes."),
        ({"creates_refused": ("TicketNotes",)}, "The API user may not create TicketNotes."),
        ({"creates_refused": ("TimeEntries",)}, "The API user may not create TimeEntries."),
    ],
    ids=str,
)
def test_rights_that_are_missing_are_named(site: Site, switches: dict[str, Any], what: str) -> None:
    site.sandbox.switches.change(switches)
    finding = only(check(site, 3), "problem")
    assert finding["what"] == what
    assert "security level" in finding["mend"]


def test_a_right_with_restrictions_is_a_remark(site: Site) -> None:
    told = entity_information(ENTITIES["timeentries"], site.sandbox.switches)
    told["info"]["userAccessForQuery"] = 2
    answer(site, "/TimeEntries/entityInformation", told)
    assert "with restrictions" in only(check(site, 0), "remark")["what"]


def test_a_field_that_queries_may_not_name_is_a_problem(site: Site) -> None:
    told = described("TicketNotes", "title", site, isQueryable=False)
    answer(site, "/TicketNotes/entityInformation/fields", told)
    assert "may not name title" in only(check(site, 3), "problem")["what"]


def test_a_refused_question_is_a_problem_and_the_next_ones_are_asked(site: Site) -> None:
    answer(site, "/Tickets/entityInformation", {"errors": ["Something odd"]}, status=500)
    done = check(site, 3)
    assert "Something odd" in only(done, "problem")["what"]
    assert {"notes", "time_entries"} <= areas_in_order(done)


def test_a_note_type_that_the_tenant_does_not_have_is_named_with_those_it_has(site: Site) -> None:
    site.set("autotask.note_type", "4711")
    finding = only(check(site, 3), "problem")
    assert finding["what"] == "The note type 4711 does not exist in this tenant."
    assert "2 (Task Detail)" in finding["mend"]


def test_a_note_type_that_is_not_active_is_a_problem(site: Site) -> None:
    choices = [{"value": "1", "label": "Task Summary", "isActive": False}]
    told = described("TicketNotes", "noteType", site, picklistValues=choices)
    answer(site, "/TicketNotes/entityInformation/fields", told)
    assert only(check(site, 3), "problem")["what"].endswith("(Task Summary) is not active in this tenant.")


def test_the_publish_value_must_be_the_tenants(site: Site) -> None:
    choices = [{"value": "2", "label": "Internal", "isActive": True}]
    told = described("TicketNotes", "publish", site, picklistValues=choices)
    answer(site, "/TicketNotes/entityInformation/fields", told, times=2)
    check(site, 0)
    site.set("autotask.publish_notes_as_public", "true")
    assert "publish value 1 does not exist" in only(check(site, 3), "problem")["what"]


@pytest.mark.parametrize(
    ("role", "what"),
    [
        ("Nobody's", 'Autotask has no role with the name "Nobody\'s".'),
        ("Project Manager", "The role 'Project Manager' is not active."),
    ],
)
def test_a_role_that_cannot_be_billed_is_a_problem(site: Site, role: str, what: str) -> None:
    site.set("time_entries.default_data", defaults(role))
    assert only(check(site, 3), "problem")["what"] == what


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({"isActive": False}, "inactive"),
        ({"licenseType": 7}, "api_user"),
        ({"email": "moved@elsewhere.example"}, "none"),
    ],
    ids=["inactive", "api-user", "none"],
)
def test_whom_a_representative_maps_to_is_shown(site: Site, changes: dict[str, Any], standing: str) -> None:
    resource = representative(site)
    site.sandbox.autotask.store.update("Resources", resource["id"], changes)
    done = check(site, 3)
    (person,) = done.profile["representatives"]
    assert (person["standing"], person["time"], person["role"]) == (standing, "held", None)
    finding = only(done, "problem")
    assert finding["what"].startswith(f"{person['username']}: ")
    assert person["address"] in finding["what"]


def test_several_resources_with_one_address_are_shown(site: Site) -> None:
    resource = representative(site)
    site.sandbox.autotask.store.insert("Resources", {**resource, "id": None, "userName": "twin"})
    done = check(site, 3)
    assert [one["standing"] for one in done.profile["representatives"]] == ["several"]


def test_a_role_that_a_representative_does_not_hold_is_shown_with_the_resource(site: Site) -> None:
    resource = representative(site)
    for held in site.rows("ResourceServiceDeskRoles"):
        if held["resourceID"] == resource["id"]:
            site.sandbox.autotask.store.update("ResourceServiceDeskRoles", held["id"], {"isActive": False})
    done = check(site, 3)
    (person,) = done.profile["representatives"]
    assert person["standing"] == "role_not_held"
    assert person["resource"] == f"{resource['firstName']} {resource['lastName']}"
    assert "does not hold the role 'Technician'" in only(done, "problem")["what"]


def test_what_unmatched_makes_of_a_representative_is_a_remark(site: Site) -> None:
    site.sandbox.autotask.store.update("Resources", representative(site)["id"], {"isActive": False})
    stand_in = next(row["email"] for row in site.rows("Resources") if row["isActive"] and row["licenseType"] != 7)
    for rule, outcome in (("skip", "skipped"), (f"resource:{stand_in}", "stand_in")):
        site.set("time_entries.unmatched", f'"{rule}"')
        done = check(site, 0)
        assert [one["time"] for one in done.profile["representatives"]] == [outcome]
        assert only(done, "remark")["area"] == "representatives"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("time_entries.resource_map", '{ jdoe = "nobody@msp.example" }'),
        ("time_entries.unmatched", '"resource:nobody@msp.example"'),
    ],
)
def test_every_resource_that_the_settings_name_must_exist(site: Site, key: str, value: str) -> None:
    site.set(key, value)
    finding = only(check(site, 3), "problem")
    assert finding["what"].startswith(key.partition(".")[2])
    assert "nobody@msp.example" in finding["what"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Legacy Support (do not use)", "is not active"),
        ("Travel", "is not a work type"),
        ("", "BillingCodes has no record 1,"),
    ],
    ids=["inactive", "expense", "missing"],
)
def test_a_work_type_that_cannot_be_booked_on_is_a_problem(site: Site, name: str, what: str) -> None:
    number = next((row["id"] for row in site.rows("BillingCodes") if row["name"] == name), 1)
    site.set("time_entries.default_data", defaults(billingCodeID=number))
    assert what in only(check(site, 3), "problem")["what"]


def test_a_work_type_may_be_given_by_name(site: Site) -> None:
    site.add()
    site.set("time_entries.default_data", defaults(billingCodeID="Remote Support"))
    assert any("“Remote Support”" in finding["what"] for finding in of(check(site, 0), "ok"))
    site.set("time_entries.default_data", defaults(billingCodeID="Nothing"))
    assert "no active work type with the name 'Nothing'" in only(check(site, 3), "problem")["what"]


def test_a_look_up_that_hides_what_is_known_to_be_there_is_a_problem(site: Site) -> None:
    site.add()
    site.set("time_entries.default_data", defaults(isNonBillable=True))
    site.run()
    site.sandbox.switches.change({"non_billable_hidden": True})
    finding = only(check(site, 3), "problem")
    assert finding["area"] == "time_entries"
    assert "hides non-billable time entries" in finding["what"]


def test_a_look_up_that_shows_nothing_any_more_is_a_problem(site: Site) -> None:
    site.add()
    site.run()
    site.sandbox.switches.change({"missing_rights": ("TimeEntries",)})
    found = [finding["what"] for finding in of(check(site, 3), "problem")]
    assert "The API user may not query TimeEntries." in found
    assert any("hides time entries" in what for what in found)


def test_records_that_a_person_deleted_do_not_make_a_look_up_blind(site: Site) -> None:
    site.add()
    site.run()
    for entry in site.entries().values():
        site.as_person("DELETE", f"/TimeEntries/{entry['id']}")
    check(site, 0)


def test_a_tenant_that_rounds_by_itself_is_named_with_its_step(site: Site) -> None:
    (remark,) = of(check(site, 0), "remark")
    assert "apparently to 15 minutes" in remark["what"]
    assert "would be rounded twice" in remark["mend"]
    site.set("time_entries.round_to_minutes", "15")
    (remark,) = of(check(site, 0), "remark")
    assert "Time is rounded twice" in remark["mend"]


def test_a_tenant_that_bills_as_worked_is_in_order(site: Site) -> None:
    for row in site.rows("TimeEntries"):
        site.sandbox.autotask.store.update("TimeEntries", row["id"], {"hoursToBill": row["hoursWorked"]})
    done = check(site, 0)
    assert of(done, "remark") == []
    assert any("bills hours as worked" in finding["what"] for finding in of(done, "ok"))


def test_without_time_entries_nobody_is_looked_for(site: Site) -> None:
    site.add(2)
    site.set("time_entries.enabled", "false")
    done = check(site, 0)
    assert done.profile["representatives"] == []
    assert "representatives" not in {finding["area"] for finding in done.profile["findings"]}
    assert not [path for path in site.asked("autotask") if "Resource" in path or "TimeEntries" in path]


@pytest.mark.parametrize("options", [(), ("--offline",)])
def test_that_no_time_is_billed_is_said_with_the_setting_and_leaves_the_exit_code(
    site: Site, options: tuple[str, ...]
) -> None:
    assert not [each for each in of(check(site, 0, *options), "remark") if "No time is billed" in each["what"]]
    site.set("time_entries.enabled", "false")
    (told,) = (each for each in of(check(site, 0, *options), "remark") if "No time is billed" in each["what"])
    assert told["area"] == "time_entries"
    assert "time_entries.enabled = true" in told["mend"]
    text = site.command("check", *options)
    assert text.code == 0
    assert "All well" not in text.stdout
    assert "No time is billed: time_entries.enabled is false" in text.stdout


def test_a_profile_that_fails_keeps_no_other_from_being_checked(site: Site) -> None:
    text = site.config.read_text(encoding="utf-8")
    site.set("autotask.secret", '"wrong"')
    broken = site.config.read_text(encoding="utf-8")
    site.config.write_text(
        broken + text.replace("profile.default", "profile.second").replace('host = "127.0.0.1', 'host = "localhost'),
        encoding="utf-8",
    )
    done = check(site, 5)
    first, second = done.report["profiles"]
    assert [first["profile"], second["profile"]] == ["default", "second"]
    assert not [finding for finding in second["findings"] if finding["severity"] == "problem"]


def test_text_is_calm_and_verbose_tells_everything(site: Site) -> None:
    site.add(3)
    site.set("autotask.note_type", "4711")
    done = site.command("check")
    assert done.code == 3
    assert "    problem  The note type 4711 does not exist in this tenant." in done.stdout
    assert "    ok  " not in done.stdout
    assert "Representatives of the last week:" in done.stdout
    assert done.stdout.endswith("  1 problem, 1 remark.\n")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout
    verbose = done.__class__(*site._execute("-v", *site.options, "check"))
    assert "    ok       The note type" not in verbose.stdout
    assert "    ok       It accepts the credentials." in verbose.stdout


def test_invited_representatives_are_nobodys_resource(open_site: OpenSite) -> None:
    site = open_site(sessions=200)
    invited = {one.username for each in site.sandbox.appliance._sessions for one in each.representatives if one.invited}
    assert invited
    done = check(site, 3)
    assert not invited & {one["username"] for one in done.profile["representatives"]}


def test_while_a_run_works_there_it_looks_on_without_waiting(site: Site) -> None:
    site.add()
    site.run()
    with run_lock(site.state), closing(Ledger.open(site.state)) as working, working.transaction():
        working.execute("UPDATE profile SET watermark = watermark + 1")
        done = check(site, 0)
    assert "The checkpoint file can be read." in [finding["what"] for finding in of(done, "ok")]
