"""One call of the command API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class CommandError(Exception):
    """The appliance answers with an `<error>` that says this."""


@dataclass(frozen=True, slots=True)
class Call:
    """The parameters of a call, the namespace of its answer, and the address that links start with."""

    parameters: Mapping[str, str]
    xmlns: str
    base_url: str
