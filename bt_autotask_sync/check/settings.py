"""What can be checked without either system: the configuration, and the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.check.findings import Area, failed, ok, remark
from bt_autotask_sync.config.explain import key_path
from bt_autotask_sync.notes.kind import Kind
from bt_autotask_sync.notes.mustache import Template
from bt_autotask_sync.notes.template_check import check as find_mistakes
from bt_autotask_sync.notes.templates import FILE_NAMES, TemplateError, Templates
from bt_autotask_sync.sync.discover.listing import NoStartingPointError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bt_autotask_sync.check.findings import Finding
    from bt_autotask_sync.config.listen import Listen
    from bt_autotask_sync.config.models import Profile, TimeEntries
    from bt_autotask_sync.config.problems import Problem
    from bt_autotask_sync.config.tickets import Tickets

SUMMARY_NOTES = "time_entries.default_data.summaryNotes"


def check_configuration(profile: Profile, warnings: Iterable[Problem]) -> Iterator[Finding]:
    """Yield what the configuration warns of for this profile and all; it has no faults, or it had not been read."""
    yield ok(Area.CONFIGURATION, "The configuration is read without a fault.")
    others = "profile."
    beginning = key_path(("profile", profile.name)) + "."
    for warning in warnings:
        if warning.path.startswith(beginning) or not warning.path.startswith(others):
            yield remark(Area.CONFIGURATION, f"{warning.path} {warning.message}.", warning.advice)


def check_listener(listen: Listen | None, tickets: Tickets) -> Iterator[Finding]:
    """Yield that the listener believes everybody, where it is in use: nothing tells who an event comes from."""
    if listen is None or listen.token is not None:
        return
    if listen.model_fields_set or tickets.create_on_session_start:
        yield remark(
            Area.CONFIGURATION,
            "listen.token is not set: whoever reaches the listener can make it start runs.",
            "Set listen.token, and add it to the address of the outbound events under /login as outbound_event_token.",
        )


def check_start(profile: Profile, *, has_run: bool) -> Iterator[Finding]:
    """Yield whether a run knows where to begin."""
    if profile.start_at is not None:
        yield ok(Area.CONFIGURATION, f"Nothing that ended before {profile.start_at.isoformat()} is delivered.")
    elif has_run:
        yield ok(Area.CONFIGURATION, "An earlier run has set where deliveries begin.")
    else:
        yield failed(Area.CONFIGURATION, NoStartingPointError(profile.name))


def check_time_entries(settings: TimeEntries) -> Iterator[Finding]:
    """Yield that no time is billed, where time entries are off: nothing else says so, and nothing fails."""
    if not settings.enabled:
        yield remark(
            Area.TIME_ENTRIES,
            "No time is billed: time_entries.enabled is false, so sessions become notes alone.",
            "Set time_entries.enabled = true, with time_entries.default_data; leave it so only if technicians enter "
            "their time by hand.",
        )


def check_templates(profile: Profile) -> Iterator[Finding]:
    """Yield every mistake in the profile's own templates, and files that nobody would read."""
    public = profile.autotask.publish_notes_as_public
    try:
        templates = Templates.load(profile.templates.directory)
    except TemplateError as error:
        yield failed(Area.TEMPLATES, error)
    else:
        yield ok(Area.TEMPLATES, f"{len(templates.files)} templates are well formed.")
        for name, file in templates.files.items():
            if not file.shipped:
                kind = Kind(name.rsplit("_", 1)[0])
                yield from _mistakes(file.template.text, str(file.path), kind, public=public)
        yield from _unread(profile)
    yield from _check_summary_notes(profile)


def _check_summary_notes(profile: Profile) -> Iterator[Finding]:
    text = profile.time_entries.default_data.summary_notes
    try:
        Template.parse(text, SUMMARY_NOTES)
    except TemplateError as error:
        yield failed(Area.TEMPLATES, error)
    else:
        yield from _mistakes(text, SUMMARY_NOTES, Kind.SESSION, public=True)


def _mistakes(text: str, source: str, kind: Kind, *, public: bool) -> Iterator[Finding]:
    for mistake in find_mistakes(text, kind, public=public):
        what = f"{source}, line {mistake.line}, column {mistake.column}: {mistake.message}."
        yield remark(Area.TEMPLATES, what, mistake.advice)


def _unread(profile: Profile) -> Iterator[Finding]:
    directory = profile.templates.directory
    for path in sorted(directory.iterdir()) if directory else ():
        if path.name not in FILE_NAMES:
            yield remark(
                Area.TEMPLATES,
                f"{path} is not a template of this program: nobody reads it.",
                f"Move it away, or give it one of the names {', '.join(FILE_NAMES)}.",
            )
