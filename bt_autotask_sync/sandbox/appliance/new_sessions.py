"""What sessions to make, for whoever steers the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.attributes import check_attributes
from bt_autotask_sync.sandbox.appliance.call import CommandError
from bt_autotask_sync.sandbox.appliance.record import (
    IssueForm,
    Named,
    PrimaryShown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.sandbox.scenarios.draft import Draft
    from bt_autotask_sync.sandbox.scenarios.features import Twist

_MOST = 100_000
_JUMP_GROUP, _JUMPOINT = 7, 4
"""The ids of whatever Jump group and Jumpoint a session is given."""


@dataclass(frozen=True, slots=True)
class NewSessions:
    """Ordinary sessions, each with a customer, a technician and a conversation.

    Attributes:
        count: How many.
        in_progress: Whether they still run; else they ended two minutes ago.
        late_seconds: How long after now no report shows them.
        external_key: None names a fitting ticket, "" none.
        length_seconds: How long one that has ended took, also more than a day; 4 to 55 minutes when None.
        primary: Whether reports name a primary representative, and one that they list.
        lists_representatives: Whether reports list any representative.
        started_seconds_ago: How long one that still runs has been running; 4 to 55 minutes when None.
        waiting: Whether the customer still waits for a representative, who joins later.
        issue: With `details` what the customer chose and wrote in the issue form: None leaves it to chance, both empty
            mean that there was no form.
        details: See `issue`.
        custom_attributes: By code name; None: the customer's e-mail address.
        jump_group: The name of the Jump group by which the session was started unattended; "" for none.
        jumpoint: The name of the Jumpoint, likewise.
        announce: Whether outbound events tell what is in their log so far; None: of those that still run.
    """

    count: int = 1
    in_progress: bool = False
    late_seconds: float = 0.0
    external_key: str | None = None
    started_seconds_ago: float | None = None
    waiting: bool = False
    issue: str | None = None
    details: str | None = None
    custom_attributes: dict[str, str] | None = None
    jump_group: str = ""
    jumpoint: str = ""
    announce: bool | None = None
    length_seconds: float | None = None
    primary: PrimaryShown = "listed"
    lists_representatives: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: With the name of the field and what is wrong.
        """
        if not 1 <= self.count <= _MOST or self.late_seconds < 0:
            raise ValueError(f"count: must be from 1 to {_MOST}, late_seconds at least 0")
        if not self.in_progress and (self.waiting or self.started_seconds_ago is not None):
            raise ValueError("waiting, started_seconds_ago: only with in_progress")
        for name in ("started_seconds_ago", "length_seconds"):
            if (getattr(self, name) or 0) < 0:
                raise ValueError(f"{name}: must be at least 0")
        try:
            check_attributes({**(self.custom_attributes or {}), "external_key": self.external_key or ""})
        except CommandError as refused:
            raise ValueError(str(refused)) from None

    @property
    def announced(self) -> bool:
        """Tell whether outbound events tell of them from their beginning."""
        return self.in_progress if self.announce is None else self.announce

    def twists(self) -> Iterator[Twist]:
        """Yield what makes them as they are to be."""
        if self.jump_group or self.jumpoint:
            yield self._jump
        if self.issue is not None or self.details is not None:
            yield self._fill_in
        if self.custom_attributes is not None:
            yield self._set_attributes
        yield self._report_oddly

    def _jump(self, draft: Draft) -> None:
        draft.customer = replace(draft.customer, form=None)
        if self.jumpoint:
            draft.set(jumpoint=Named(_JUMPOINT, self.jumpoint))
        if self.jump_group:
            draft.set(jump_group=Named(_JUMP_GROUP, self.jump_group, "shared"))

    def _fill_in(self, draft: Draft) -> None:
        issue, details = self.issue or "", self.details or ""
        form = draft.customer.form or IssueForm(draft.customer.name, "", "", "", "")
        filled = replace(form, issue=issue, details=details) if issue or details else None
        draft.customer = replace(draft.customer, form=filled)

    def _set_attributes(self, draft: Draft) -> None:
        draft.set(custom_attributes=dict(self.custom_attributes or {}))

    def _report_oddly(self, draft: Draft) -> None:
        draft.set(primary_shown=self.primary, lists_representatives=self.lists_representatives)
