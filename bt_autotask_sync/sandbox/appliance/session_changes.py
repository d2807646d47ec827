"""What whoever steers the sandbox can let happen in a session; each checks that it can happen now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from bt_autotask_sync.sandbox.appliance.as_of import as_of
from bt_autotask_sync.sandbox.appliance.attributes import changed
from bt_autotask_sync.sandbox.appliance.call import CommandError
from bt_autotask_sync.sandbox.appliance.live import arriving, ended, joined, surveyed
from bt_autotask_sync.sandbox.appliance.record import Answer, Survey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from bt_autotask_sync.sandbox.appliance.record import Session
    from bt_autotask_sync.sandbox.scenarios.people import Technician

Submitter = Literal["customer", "representative"]
_RATING: Final = ("rating", "How satisfied are you?", "radio")
_COMMENTS: Final = ("comments", "What else is there to say?", "textarea")


def end(session: Session, at: int) -> Session:
    """Return the session ended at `at`, and nothing of what was yet to happen in it; one that is over as it is."""
    seen = as_of(session, at)
    return session if seen is None or seen.ended_at is not None else ended(seen, at)


def join(session: Session, username: str | None, technicians: Iterable[Technician], at: int, random: Random) -> Session:
    """Return the running session with one more of the technicians in it, by name or anybody on duty.

    Raises:
        ValueError: It does not run, there is no such representative, or they are in it.
    """
    seen = _running(session, at)
    present = {each.user_id for each in seen.representatives if each.spans[-1].left is None}
    technician = _technician(username, [each for each in technicians if each.user_id not in present])
    gsnumbers = [session.customer.gsnumber, *(each.gsnumber for each in session.representatives)]
    arrived = arriving(technician, max(gsnumbers) + 1, at, random)
    return joined(session, arrived, at, owns=seen.owner is None)


def change_key(session: Session, external_key: str, at: int) -> Session:
    """Return the running session with another external key.

    Raises:
        ValueError: It does not run, or the key is too long.
    """
    _running(session, at)
    try:
        return changed(session, {"external_key": external_key})
    except CommandError as refused:
        raise ValueError(str(refused)) from None


def submit_survey(session: Session, by: Submitter, answers: tuple[str, str], at: int) -> Session:
    """Return the ended session with an exit survey: a rating and comments.

    Raises:
        ValueError: It has not ended, nobody took it up, or the customer has submitted one.
    """
    seen = as_of(session, at)
    if seen is None or seen.ended_at is None or seen.owner is None:
        raise ValueError("lsid: only a session that ended, and that somebody took up, has exit surveys")
    if by == "customer" and seen.customer_survey is not None:
        raise ValueError("by: the customer has submitted a survey")
    submitter = (
        (seen.customer.gsnumber, seen.customer.name)
        if by == "customer"
        else (seen.owner.gsnumber, seen.owner.private_name)
    )
    rating, comments = answers
    return surveyed(
        session, Survey(*submitter, at, (Answer(*_RATING, rating or None), Answer(*_COMMENTS, comments or None)))
    )


def _running(session: Session, at: int) -> Session:
    seen = as_of(session, at)
    if seen is None or not seen.active:
        raise ValueError("lsid: the session does not run")
    return seen


def _technician(username: str | None, free: list[Technician]) -> Technician:
    if username is None:
        free = [each for each in free if each.billable]
    else:
        free = [each for each in free if each.username == username]
    if not free:
        raise ValueError("username: no such representative, or already in the session")
    return free[0]
