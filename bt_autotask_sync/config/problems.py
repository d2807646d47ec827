"""What is wrong in a configuration, in words: where, what, and how to mend it. No message holds a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from bt_autotask_sync.errors import UsageError

TYPES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number with a point",
    str: "text",
    list: "a list",
    dict: "a table",
    datetime: "a date and time",
    date: "a date",
    time: "a time",
}
"""What TOML and JSON hold, in words."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend, or to be warned about.

    `path` names the key (`profile.default.appliance.host`) and is empty when the file as a whole is meant; `message`
    goes on from it ("must be true or false"); `advice` is a sentence, or empty.
    """

    path: str
    message: str
    advice: str = ""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.message}. {self.advice}".rstrip()


@dataclass(frozen=True, slots=True)
class Fault:
    """What one value has against it; `at` leads from the value to the place inside it."""

    message: str
    advice: str = ""
    at: tuple[str, ...] = ()


class InvalidValueError(ValueError):
    """A value that cannot be used, with everything that is wrong about it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


class ConfigurationError(UsageError):
    """A configuration that cannot be used.

    Args:
        source: The name of the file.
        problems: All there is to mend, in the order of the file.
    """

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n  ".join([f"{source} has {count}:", *map(str, problems)]))
        self.problems = problems


def type_in_words(value: object) -> str:
    """Return what kind of value this is, without the value."""
    return TYPES.get(type(value), "something else")
