"""The reads of tickets, and of what a tenant says of their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bt_autotask_sync.autotask import items
from bt_autotask_sync.autotask.bulk import Kind, Reads, among, folded, read_bulk
from bt_autotask_sync.autotask.metadata import read_fields
from bt_autotask_sync.autotask.query import Condition, Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bt_autotask_sync.autotask.client import AutotaskClient
    from bt_autotask_sync.autotask.entities import Lookup, Ticket
    from bt_autotask_sync.autotask.metadata import FieldInformation

TICKETS = Kind(
    "Tickets",
    ("id", "ticketNumber", "status", "companyID", "assignedResourceID", "assignedResourceRoleID", "externalID"),
    items.parse_ticket,
)


class TicketReads(Reads):
    """What the job reads of tickets; their fields are asked for once in the life of the object."""

    def __init__(self, client: AutotaskClient) -> None:
        super().__init__(client)
        self._ticket_fields: Mapping[str, FieldInformation] | None = None

    def tickets(self, numbers: Iterable[str], ids: Iterable[int]) -> tuple[Ticket, ...]:
        """Return the tickets that have one of these numbers (in any case) or ids, all together 500 a query."""
        wanted_numbers = {number.strip().upper() for number in numbers} - {""}
        wanted_ids = set(ids)
        questions = among({"ticketNumber": sorted(wanted_numbers), "id": sorted(wanted_ids)})
        return read_bulk(
            self._client,
            TICKETS,
            questions,
            lambda ticket: ticket.number.upper() in wanted_numbers or ticket.id in wanted_ids,
        ).items

    def tickets_by_number(self, numbers: Iterable[str]) -> dict[str, Ticket]:
        """Return the tickets that exist, by their number in upper case."""
        return {ticket.number.upper(): ticket for ticket in self.tickets(numbers, ())}

    def tickets_by_id(self, ids: Iterable[int]) -> dict[int, Ticket]:
        """Return the tickets that exist, by id."""
        return {ticket.id: ticket for ticket in self.tickets((), ids)}

    def tickets_with(self, external_ids: Iterable[str]) -> Lookup[Ticket]:
        """Return the tickets that carry one of these external ids, in any case and without blanks around."""
        asked = {folded(one): one.strip() for one in external_ids if one.strip()}
        questions = among({"externalID": asked.values()})
        return read_bulk(self._client, TICKETS, questions, lambda ticket: folded(ticket.external_id) in asked)

    def ticket(self, ticket_id: int) -> Ticket | None:
        """Return one ticket, asked for directly and not by a query, or None where there is none."""
        item = self._client.get(TICKETS.entity, ticket_id)
        return None if item is None else items.parse_ticket(item)

    def any_ticket(self) -> bool:
        """Tell whether queries show the API user any ticket at all."""
        return self._client.count(TICKETS.entity, [Condition(Operator.EXIST, "id")]) > 0

    def ticket_fields(self) -> Mapping[str, FieldInformation]:
        """Return the fields of tickets by their names in lower case; none where Autotask tells nothing."""
        if self._ticket_fields is None:
            self._ticket_fields = read_fields(self._client, TICKETS.entity)
        return self._ticket_fields
