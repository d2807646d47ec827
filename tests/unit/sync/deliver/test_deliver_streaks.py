"""C7: equal words stop what the refused ones have in common, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bt_autotask_sync.state.states import ArtifactKind, Problem, Stage
from bt_autotask_sync.sync.deliver.streaks import Refusal, Scope, Streaks, gist
from bt_autotask_sync.sync.plan.artifact import Artifact

if TYPE_CHECKING:
    from collections.abc import Iterable

ENTRY, NOTE, TICKET = ArtifactKind.TIME_ENTRY, ArtifactKind.NOTE, ArtifactKind.TICKET


def artifact(kind: ArtifactKind, number: int, ticket: int, resource: int | None = None) -> Artifact:
    body: dict[str, Any] = {} if resource is None else {"resourceID": resource}
    marker = f"[bt:{number:032x}]"
    return Artifact(f"{number:032x}", kind, marker, marker, ticket_id=ticket, ticket_number="", path="", body=body)


def refuse(
    streaks: Streaks, kind: ArtifactKind, places: Iterable[tuple[int, int | None]], words: str = "No."
) -> list[Scope | None]:
    """Refuse one artifact for each ticket and resource, and return what is to blame after each."""
    refused = [artifact(kind, number, *place) for number, place in enumerate(places)]
    return [streaks.refused(Refusal(each, Problem(Stage.DELIVER, words))) for each in refused]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Picklist value [3] does not exist", "Picklist value [17] does not exist"),
        ("The contact 'Ann' is not active.", "The contact 'Joe Miller' is not active."),
        ('Value "a 1" of ticket 7', 'value "b"  of ticket 88'),
        ("Das Ticket „A“ ist zu.", "Das Ticket „B“ ist zu."),
    ],
)
def test_C7_digits_and_quoted_values_make_no_difference(one: str, other: str) -> None:
    assert gist(one) == gist(other)


def test_C7_words_make_a_difference_apostrophes_included() -> None:
    assert gist("It's shut and can't be opened.") != gist("It's full and can't be opened.")


@pytest.mark.parametrize("kind", [NOTE, ENTRY])
def test_C7_five_on_one_ticket_blame_the_ticket(kind: ArtifactKind) -> None:
    found = refuse(Streaks(), kind, [(7, resource) for resource in range(1, 6)])
    assert found == [None] * 4 + [Scope(kind, ticket_id=7)]


def test_C7_five_of_one_resource_blame_the_resource_and_not_the_kind() -> None:
    assert refuse(Streaks(), ENTRY, [(ticket, 1) for ticket in range(5)])[-1] == Scope(ENTRY, resource_id=1)


def test_C7_entries_of_five_tickets_and_two_resources_blame_the_kind() -> None:
    found = refuse(Streaks(), ENTRY, [(ticket, ticket % 2) for ticket in range(5)])
    assert found == [None] * 4 + [Scope(ENTRY)]


def test_C7_four_tickets_of_two_resources_blame_nothing() -> None:
    assert refuse(Streaks(), ENTRY, [(1, 1), (1, 2), (2, 1), (3, 2), (4, 1)]) == [None] * 5


@pytest.mark.parametrize("kind", [NOTE, TICKET])
def test_C7_notes_and_tickets_of_five_different_tickets_blame_the_kind(kind: ArtifactKind) -> None:
    tickets = range(5) if kind is NOTE else [0] * 5
    assert refuse(Streaks(), kind, [(ticket, None) for ticket in tickets]) == [None] * 4 + [Scope(kind)]


def test_C7_what_was_accepted_in_between_is_not_to_blame() -> None:
    streaks = Streaks()
    refuse(streaks, ENTRY, [(ticket, ticket % 2) for ticket in range(4)])
    streaks.accepted(artifact(ENTRY, 90, 90, 90))
    assert refuse(streaks, ENTRY, [(ticket, ticket % 2) for ticket in range(4, 8)])[:4] == [None] * 4


def test_C7_another_resources_success_does_not_clear_a_resource() -> None:
    streaks = Streaks()
    refuse(streaks, ENTRY, [(ticket, 1) for ticket in range(4)])
    streaks.accepted(artifact(ENTRY, 90, 90, 2))
    assert refuse(streaks, ENTRY, [(9, 1)]) == [Scope(ENTRY, resource_id=1)]


def test_C7_refusals_that_a_ticket_is_to_blame_for_blame_nothing_else() -> None:
    streaks = Streaks()
    scope = refuse(streaks, ENTRY, [(7, 1)] * 5)[-1]
    assert scope == Scope(ENTRY, ticket_id=7)
    assert len(streaks.take(scope, gist("No."))) == 5
    assert refuse(streaks, ENTRY, [(8, 1), (9, 1), (10, 2), (11, 1)]) == [None] * 4
