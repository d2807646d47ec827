"""The document of the protocol defines the rules that tests are named after, and names tests that there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

RULE = re.compile(r"^### ([A-Z][1-9][0-9]*): \S.*$", re.MULTILINE)
DEFINED = re.compile(r"^\s*(?:async )?def (test_\w+)\(", re.MULTILINE)
NAMED = re.compile(r"`(test_[A-Za-z]\w+)`")
IN_A_NAME = re.compile(r"^test_([A-Z][0-9]+)_(?:and_([A-Z][0-9]+)_)?")


@pytest.fixture(scope="module")
def tests(root: Path) -> set[str]:
    """The name of every test."""
    files = (root / "tests").rglob("test_*.py")
    return {name for file in files for name in DEFINED.findall(file.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def document(root: Path) -> str:
    return (root / "docs" / "protocol.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sections(document: str) -> dict[str, str]:
    """What the document says of each rule."""
    _, *parts = re.split(r"^(?=###? )", document, flags=re.MULTILINE)
    return {found[1]: part for part in parts if (found := RULE.match(part))}


def rules_of(test: str) -> set[str]:
    found = IN_A_NAME.match(test)
    return {rule for rule in found.groups() if rule} if found else set()


def test_every_rule_of_the_protocol_has_a_test_that_is_named_after_it(
    sections: dict[str, str], tests: set[str]
) -> None:
    assert set(sections) - {rule for test in tests for rule in rules_of(test)} == set()


def test_every_rule_that_a_test_is_named_after_is_defined(sections: dict[str, str], tests: set[str]) -> None:
    named = {rule: test for test in tests for rule in rules_of(test)}
    assert len(named) > 40
    assert {test for rule, test in named.items() if rule not in sections} == set()


def test_every_rule_says_why_and_names_tests_of_its_own(sections: dict[str, str]) -> None:
    for rule, text in sections.items():
        assert "\nWhy: " in text, rule
        named = NAMED.findall(text)
        assert named, rule
        assert [test for test in named if rule not in rules_of(test)] == [], rule


def test_the_document_names_no_test_that_is_not_there(document: str, tests: set[str]) -> None:
    named = set(NAMED.findall(document))
    assert len(named) > 80
    assert named - tests == set()


def test_the_rules_stand_in_order_and_once(document: str) -> None:
    rules = RULE.findall(document)
    letters = [rule[0] for rule in rules]
    assert letters == sorted(letters, key="DMPCEIRTA".index)
    for letter in set(letters):
        assert [rule for rule in rules if rule[0] == letter] == [
            f"{letter}{n}" for n in range(1, letters.count(letter) + 1)
        ]
