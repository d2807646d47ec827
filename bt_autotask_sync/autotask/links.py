"""Addresses of Autotask's own pages, as its documented ExecuteCommand opens them for a person who is logged in."""

from __future__ import annotations

from urllib.parse import urlencode

_PAGE = "/Autotask/AutotaskExtend/ExecuteCommand.aspx"


def ticket_link(web_url: str, ticket_id: int) -> str:
    """Return the page of a ticket; empty without the address of the tenant's web pages."""
    return _link(web_url, Code="OpenTicketDetail", TicketID=str(ticket_id))


def time_entry_link(web_url: str, time_entry_id: int) -> str:
    """Return the page where a time entry is edited; empty without the address of the tenant's web pages."""
    return _link(web_url, Code="EditTimeEntry", WorkEntryID=str(time_entry_id))


def _link(web_url: str, **query: str) -> str:
    return f"{web_url.rstrip('/')}{_PAGE}?{urlencode(query)}" if web_url else ""
