"""What the appliance side is given from outside: the time, and the switches for what is not confirmed."""

from __future__ import annotations

from typing import Protocol

from bt_autotask_sync.sandbox.outbound.surroundings import Habits


class Clock(Protocol):
    """The time of the sandbox."""

    def now(self) -> float:
        """Return unix seconds."""
        ...


class Switches(Habits, Protocol):
    """How the appliance behaves where the public sources leave it open, and how slow it is."""

    @property
    def namespace(self) -> str:
        """Return "beyondtrust", "bomgar" or "sra": the generation of the XML namespaces."""
        ...

    @property
    def nothing_found(self) -> str:
        """Return "root-error", "empty-list", "list-error" or "nested" (the same): the shape of no matches."""
        ...

    @property
    def nothing_found_language(self) -> str:
        """Return "english" or "french": the words of no matches."""
        ...

    @property
    def reporting(self) -> str:
        """Return "granted", or "document-not-found" or "empty": what reports answer without the permission."""
        ...

    @property
    def report_retention_days(self) -> float:
        """Return for how many days after its end a session stays in the reports; 0: for ever."""
        ...

    @property
    def listing(self) -> str:
        """Return "available", "forbidden", "missing" or "document-not-found": what the listing report answers."""
        ...

    @property
    def report_lag_seconds(self) -> float:
        """Return for how many seconds after its end a session still looks as if it ran."""
        ...

    @property
    def running_lag_seconds(self) -> float:
        """Return by how many seconds the reports of a running session are late; its beginning too."""
        ...

    @property
    def external_key_attribute(self) -> str:
        """Return "never", "when-set" or "always": whether `get_session_attributes` names the external key."""
        ...

    @property
    def set_attributes(self) -> str:
        """Return "allowed", "forbidden" or "error": how an account that may only read is refused."""
        ...

    @property
    def abnormal_end(self) -> str:
        """Return "empty" or "absent": the end_time element of a session that has no end."""
        ...
