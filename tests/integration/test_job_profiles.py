"""Several profiles in one configuration: each is worked on, one that fails stops no other, the worst code counts."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Done, OpenSite, Site

WRONG_SECRET = {"secret": "wrong"}
WRONG_HOST = {"services_url": "http://127.0.0.1:9/atservicesrest"}


def profile(site: Site, name: str, **values: str) -> str:
    """The only profile of a site under another name, with other values of these keys.

    Its appliance has another name too: no two profiles may serve the same one.
    """
    text = site.config.read_text(encoding="utf-8").replace("profile.default", f"profile.{name}")
    text = text.replace('host = "127.0.0.1', 'host = "localhost')
    for key, value in values.items():
        text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {json.dumps(value)}", text)
        assert count == 1
    return text


def add_profiles(site: Site, *profiles: str, first: bool = False) -> None:
    """Add profiles to the configuration of a site."""
    own = site.config.read_text(encoding="utf-8")
    site.config.write_text("\n".join([*profiles, own] if first else [own, *profiles]), encoding="utf-8")


def by_name(done: Done) -> dict[str, Any]:
    return {profile["profile"]: profile for profile in done.report["profiles"]}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("values", "code", "outcome"), [(WRONG_SECRET, 5, "credentials"), (WRONG_HOST, 4, "ended_early")]
)
def test_a_profile_that_fails_stops_no_other(
    site: Site, first: bool, values: dict[str, str], code: int, outcome: str
) -> None:
    lsids = site.add(2)
    add_profiles(site, profile(site, "broken", **values), first=first)
    done = site.run(code=code)
    profiles = by_name(done)
    assert list(profiles) == (["broken", "default"] if first else ["default", "broken"])
    assert (profiles["broken"]["outcome"], profiles["default"]["outcome"]) == (outcome, "done")
    assert profiles["broken"]["error"]
    assert "error" not in profiles["default"]
    site.see_each_once(lsids)


def test_the_worst_code_of_all_profiles_counts(site: Site) -> None:
    site.add(external_key="T20200101.0001")
    site.run(code=3)
    away, refused = profile(site, "away", **WRONG_HOST), profile(site, "refused", **WRONG_SECRET)
    elsewhere = profile(site, "new").replace('services_url = "http://127.0.0.1', 'services_url = "http://localhost')
    new = "\n".join(line for line in elsewhere.splitlines() if not line.startswith("start_at"))
    add_profiles(site, away)
    assert site.run(code=4).code == 4
    add_profiles(site, refused)
    assert site.run(code=5).code == 5
    add_profiles(site, new)
    assert {name: each["outcome"] for name, each in by_name(site.run(code=2)).items()} == {
        "default": "held",
        "away": "ended_early",
        "refused": "credentials",
        "new": "usage",
    }


def test_two_profiles_keep_their_sessions_apart(open_site: OpenSite) -> None:
    one, other = open_site(seed=1), open_site(seed=2)
    add_profiles(one, profile(other, "second"))
    lsids, others = one.add(2), other.add(3)
    done = by_name(one.run())
    assert {name: profile["sessions"]["delivered"] for name, profile in done.items()} == {"default": 2, "second": 3}
    one.see_each_once(lsids)
    other.see_each_once(others)
    assert (len(one.entries()), len(other.entries())) == (2, 3)


def test_only_named_profiles_are_worked_on(open_site: OpenSite) -> None:
    one, other = open_site(seed=1), open_site(seed=2)
    add_profiles(one, profile(other, "second"))
    one.add(2)
    lsids = other.add(2)
    code, stdout, _ = one._execute("--profile", "second", *one.options, "run", "--json")
    assert (code, [profile["profile"] for profile in json.loads(stdout)["profiles"]]) == (0, ["second"])
    assert one.counts() == {"appliance": 0, "autotask": 0}
    other.see_each_once(lsids)


def test_a_disabled_profile_is_left_alone(site: Site) -> None:
    site.add(2)
    site.set("enabled", "false")
    assert site.run().report["profiles"] == []
    assert site.counts() == {"appliance": 0, "autotask": 0}


def test_text_names_the_profile_where_there_are_several(open_site: OpenSite) -> None:
    one, other = open_site(seed=1), open_site(seed=2)
    add_profiles(one, profile(other, "second"))
    one.add(2)
    other.add(3)
    lines = one.command("run").stdout.splitlines()
    assert any(line.startswith("default: 2 sessions delivered") for line in lines)
    assert any(line.startswith("second: 3 sessions delivered") for line in lines)


def test_an_error_of_one_of_several_profiles_names_it(site: Site) -> None:
    site.add()
    add_profiles(site, profile(site, "broken", **WRONG_SECRET))
    done = site.command("run")
    assert done.code == 5
    assert "broken" in done.stderr
