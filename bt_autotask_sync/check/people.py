"""Whose time would be entered: the role, the last week's representatives, and the resources that settings name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bt_autotask_sync.check.findings import Area, ok, problem, remark
from bt_autotask_sync.notes.text import one_line
from bt_autotask_sync.state.states import Problem
from bt_autotask_sync.sync.match.people import STAND_IN, Technician, match_people, resource_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bt_autotask_sync.autotask.entities import Resource
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.check.findings import Finding, Step
    from bt_autotask_sync.config.models import TimeEntries, TimeEntryDefaults


class Standing(StrEnum):
    """Whether a representative's time can be entered, or what stands against it."""

    READY = "ready"
    ROLE_NOT_HELD = "role_not_held"
    INACTIVE = "inactive"
    API_USER = "api_user"
    SEVERAL = "several"
    NONE = "none"


class Outcome(StrEnum):
    """What a run does with a representative's time."""

    ENTERED = "entered"
    STAND_IN = "stand_in"
    """Entered for the resource that `unmatched` names."""
    SKIPPED = "skipped"
    HELD = "held"


_CONSEQUENCES = {
    Outcome.ENTERED: "",
    Outcome.STAND_IN: "The time is entered for another resource.",
    Outcome.SKIPPED: "The time is left out.",
    Outcome.HELD: "The time is held.",
}


@dataclass(frozen=True, slots=True)
class Representative:
    """A representative of the last week, the address its resource is looked for by, and the name of the one found."""

    username: str
    address: str
    standing: Standing
    outcome: Outcome
    resource: str = ""
    role: str = ""


class PeopleCheck:
    """Matches representatives as a run does.

    Attributes:
        representatives: Those of the last week, once their step is done.
    """

    def __init__(self, settings: TimeEntries, records: Records, usernames: Sequence[str]) -> None:
        self._settings = settings.model_copy(update={"default_data": _without_fields(settings.default_data)})
        self._strict = self._settings.model_copy(update={"unmatched": "hold"})
        self._records = records
        self._usernames = usernames
        self.representatives: tuple[Representative, ...] = ()

    def steps(self) -> tuple[Step, ...]:
        """Return what to do, in order."""
        return (self._role, self._week, self._named)

    def _role(self) -> Iterator[Finding]:
        name = self._settings.default_data.role_name
        roles = self._records.roles_by_name([name])[name]
        mend = "Mend time_entries.default_data.roleName, or make the role active in Autotask."
        if not roles:
            yield problem(Area.TIME_ENTRIES, f"Autotask has no role with the name {name!r}.", mend)
        elif not any(role.active for role in roles):
            yield problem(Area.TIME_ENTRIES, f"The role {name!r} is not active.", mend)
        else:
            yield ok(Area.TIME_ENTRIES, f"The role {name!r} is there and active.")

    def _week(self) -> Iterator[Finding]:
        """Tell whom each maps to by itself, and what becomes of the time by `unmatched`."""
        own = match_people(self._usernames, self._strict, self._records)
        by_rule = match_people(self._usernames, self._settings, self._records)
        self.representatives = tuple(self._row(name, own[name], by_rule.get(name)) for name in self._usernames)
        alike: dict[tuple[Problem, Outcome], list[str]] = {}
        for row in self.representatives:
            trouble = own[row.username]
            if isinstance(trouble, Problem):
                alike.setdefault((trouble, row.outcome), []).append(row.username)
        for (trouble, outcome), usernames in alike.items():
            tell = problem if outcome is Outcome.HELD else remark
            what = f"{', '.join(usernames)}: {trouble.error} {_CONSEQUENCES[outcome]}"
            yield tell(Area.REPRESENTATIVES, what, trouble.advice)
        ready = sum(row.standing is Standing.READY for row in self.representatives)
        yield ok(Area.REPRESENTATIVES, f"{ready} of {len(self._usernames)} of the last week have a resource.")

    def _named(self) -> Iterator[Finding]:
        """Try the resources that `resource_map` and `unmatched` name, unless the week has shown them."""
        seen = {name.casefold() for name in self._usernames}
        mapped = [name for name in self._settings.resource_map if name.casefold() not in seen]
        for name, who in match_people(mapped, self._strict, self._records).items():
            if isinstance(who, Problem):
                yield problem(Area.REPRESENTATIVES, f"resource_map, {name}: {who.error}", who.advice)
        if self._settings.unmatched.startswith(STAND_IN):
            address = self._settings.unmatched.removeprefix(STAND_IN)
            direct = self._strict.model_copy(update={"resource_map": {}})
            for who in match_people([address], direct, self._records).values():
                if isinstance(who, Problem):
                    yield problem(Area.REPRESENTATIVES, f"unmatched: {who.error}", who.advice)

    def _row(self, username: str, own: Technician | Problem, by_rule: Technician | Problem | None) -> Representative:
        address = resource_address(username, self._settings)
        resources = self._records.resources_by_email([address])[address]
        standing = _standing(own, resources)
        found = [person for person in resources if person.active and not person.api_only] or resources
        name = one_line(f"{found[0].first_name} {found[0].last_name}") if len(found) == 1 else ""
        role = self._settings.default_data.role_name if standing is Standing.READY else ""
        return Representative(username, address, standing, _outcome(standing, by_rule), name, role)


def _without_fields(defaults: TimeEntryDefaults) -> TimeEntryDefaults:
    """Return the defaults without those that are no person's: a wrong work type is a finding of its own."""
    return defaults.model_copy(update={"fields": {}})


def _standing(own: Technician | Problem, resources: Sequence[Resource]) -> Standing:
    if isinstance(own, Technician):
        return Standing.READY
    usable = [person for person in resources if person.active and not person.api_only]
    if usable:
        return Standing.ROLE_NOT_HELD if len(usable) == 1 else Standing.SEVERAL
    if any(person.api_only for person in resources):
        return Standing.API_USER
    return Standing.INACTIVE if resources else Standing.NONE


def _outcome(standing: Standing, by_rule: Technician | Problem | None) -> Outcome:
    """Return what becomes of the time, from what the setting `unmatched` makes of the representative."""
    if isinstance(by_rule, Problem):
        return Outcome.HELD
    if by_rule is None:
        return Outcome.SKIPPED
    return Outcome.ENTERED if standing is Standing.READY else Outcome.STAND_IN
