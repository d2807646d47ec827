"""Several profiles in one pass: each with its own templates and its own memory, whatever is wrong with another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Done, OpenSite, Site


def add_profile(site: Site, name: str, like: Site | None = None) -> None:
    """Add a profile, like the default one of a site, behind those that are there."""
    text = re.sub(r"\[profile\.\w+", f"[profile.{name}", (like or site).config.read_text(encoding="utf-8"))
    text = text if like else text.replace('host = "127.0.0.1', 'host = "localhost')
    with site.config.open("a", encoding="utf-8") as file:
        file.write(f"\n{text}")


def by_name(done: Done) -> dict[str, Any]:
    return {profile["profile"]: profile for profile in done.report["profiles"]}


def test_two_names_of_one_appliance_double_nothing_and_each_profile_knows_its_own(site: Site) -> None:
    lsids = site.add(3)
    add_profile(site, "second")
    profiles = by_name(site.run())
    assert [profiles[name]["sessions"]["found"] for name in ("default", "second")] == [3, 3]
    assert profiles["default"]["created"] == profiles["second"]["adopted"]
    assert sum(profiles["second"]["created"].values()) == 0
    site.see_each_once(lsids)
    site.forget_requests()
    site.run()
    assert site.counts()["autotask"] == 0


def test_what_waits_in_one_profile_does_not_wait_in_another_of_the_same_appliance(site: Site) -> None:
    (lsid,) = site.add(external_key="")
    add_profile(site, "strict")
    site.config.write_text(
        site.config.read_text().replace("[profile.strict]\n", '[profile.strict]\nno_ticket = "hold"\n')
    )
    profiles = by_name(site.run(code=3))
    assert profiles["default"]["sessions"]["no_ticket"] == 1
    assert profiles["default"]["problems"] == []
    assert [problem["lsid"] for problem in profiles["strict"]["problems"]] == [lsid]


def test_each_profile_has_its_own_templates(open_site: OpenSite) -> None:
    one, other = open_site(seed=1), open_site(seed=2)
    for site, name in ((other, "second"), (one, "first")):
        site.add()
        template = site.config.with_name("texts") / "session_title.mustache"
        template.parent.mkdir()
        template.write_text(f"As {name} says", encoding="utf-8")
        site.set("templates.directory", f"'{template.parent}'")
    add_profile(one, "second", like=other)
    one.run()
    for site, name in ((one, "first"), (other, "second")):
        titles = [note["title"] for marker, note in site.notes().items() if ":" not in marker[4:]]
        assert [title.rpartition(" [bt:")[0] for title in titles] == [f"As {name} says"]


def break_template(site: Site) -> None:
    template = site.config.with_name("texts") / "session_note.mustache"
    template.parent.mkdir()
    template.write_text("Hello\n{{#chat}}\n", encoding="utf-8")
    site.set("templates.directory", '"texts"')


def break_summary(site: Site) -> None:
    defaults = 'defaultDomain = "msp.example", roleName = "Technician", summaryNotes = "By {{#chat}}"'
    site.set("time_entries.default_data", f"{{ {defaults} }}")


def break_ca_file(site: Site) -> None:
    site.config.with_name("ca.pem").touch()
    site.set("appliance.ca_file", '"ca.pem"')


def break_appliance(site: Site) -> None:
    site.set("appliance.host", '"127.0.0.1:9"')


def break_client(site: Site) -> None:
    site.set("appliance.client_secret", '"wrong"')


@pytest.mark.parametrize(
    ("break_it", "code", "outcome", "words"),
    [
        (break_template, 2, "usage", "session_note.mustache, line 2, column 1"),
        (break_summary, 2, "usage", "summaryNotes, line 1, column 4"),
        (break_ca_file, 2, "usage", "ca.pem holds no certificate"),
        (break_appliance, 4, "ended_early", "127.0.0.1:9 gave no answer"),
        (break_client, 5, "credentials", "refused the OAuth client"),
    ],
)
def test_a_profile_that_cannot_begin_stops_not_the_next(
    site: Site, break_it: Callable[[Site], None], code: int, outcome: str, words: str
) -> None:
    lsids = site.add(2)
    add_profile(site, "fine")
    break_it(site)
    profiles = by_name(site.run(code=code))
    broken = profiles["default"]
    assert (broken["outcome"], profiles["fine"]["outcome"]) == (outcome, "done")
    assert words in broken["error"]
    assert broken["advice"]
    assert broken["requests"]["autotask"] == 0
    site.see_each_once(lsids)
