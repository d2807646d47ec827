"""What new tickets rest on: the default data tried against the tenant, one step for each question."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bt_autotask_sync.check.billing import OF_TICKETS, check_reference
from bt_autotask_sync.check.ticket_choices import check_choices
from bt_autotask_sync.check.ticket_data import check_required_here
from bt_autotask_sync.check.ticket_people import check_assignment, check_clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.autotask.records import Records
    from bt_autotask_sync.check.findings import Finding, Step
    from bt_autotask_sync.config.tickets import Tickets


def ticket_steps(settings: Tickets, client: AutotaskClient, records: Records) -> tuple[Step, ...]:
    """Return what to do, in order; nothing where no tickets are made."""
    if not settings.enabled:
        return ()
    data = settings.default_data
    references = (
        partial(check_reference, client, records, OF_TICKETS, name, value) for name, value in data.fields.items()
    )
    return (
        partial(_check_fields, settings, records),
        partial(check_clients, data, records),
        partial(check_assignment, data, records),
        *references,
    )


def _check_fields(settings: Tickets, records: Records) -> Iterator[Finding]:
    known = records.ticket_fields()
    yield from check_required_here(settings, known)
    yield from check_choices(settings, known)
