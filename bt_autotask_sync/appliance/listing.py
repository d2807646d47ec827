"""The `SupportSessionListing` report: which sessions there are, by lsid."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.document import read_rows
from bt_autotask_sync.appliance.values import lsid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bt_autotask_sync.appliance.document import Stream

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listing:
    """The lsids in the report's order, each once, and the appliance's own time when it answered (UTC), if it said."""

    lsids: tuple[str, ...]
    answered_at: datetime | None


def read_listing(stream: Stream, source: str = "the SupportSessionListing report") -> Iterator[str]:
    """Yield the lsids, in lower case, of a listing; of a whole `SupportSession` report likewise.

    A row whose lsid is none is passed over: it could not be asked for.

    Raises:
        UnusableAnswer: It is neither report.
        UnreadableReport: It breaks off.
        ReportNotPermitted: The API account may not read it.
    """
    for element in read_rows(
        stream,
        source=source,
        roots={"session_summary_list", "session_list"},
        rows={"session_summary", "session"},
    ):
        session_id = lsid(element.get("lsid"))
        if session_id is None:
            _LOG.warning("Passed over a row without a usable lsid in %s.", source)
        else:
            yield session_id
