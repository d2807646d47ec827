"""The people of the sandbox: the provider's technicians, its client companies and their contacts.

They stand in `people.toml`. Technicians are representatives on the appliance and mostly resources in Autotask.
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

DEFAULT_DOMAIN = "msp.example"
"""A technician's username at this domain is the e-mail address of the resource."""
ROLE_NAME = "Technician"
"""The role on the service desk that time is billed under; all technicians but one hold it."""


@dataclass(frozen=True, slots=True)
class Technician:
    """A representative of the appliance; `resource` tells what Autotask holds: active, inactive, api-only or none."""

    user_id: int
    username: str
    first: str
    last: str
    resource: str
    roles: tuple[str, ...]

    @property
    def public_name(self) -> str:
        """Return the name that customers see."""
        return self.first

    @property
    def private_name(self) -> str:
        """Return the name that colleagues see."""
        return f"{self.first} {self.last}"

    @property
    def account(self) -> str:
        """Return the username without a Windows domain and without a mail domain."""
        return self.username.rpartition("\\")[2].partition("@")[0]

    @property
    def email(self) -> str:
        """Return the address of the resource."""
        return f"{self.account}@{DEFAULT_DOMAIN}"

    @property
    def billable(self) -> bool:
        """Tell whether time can be booked for this technician under `ROLE_NAME` without further ado."""
        return self.resource == "active" and ROLE_NAME in self.roles


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody at a client; one who is not `active` has left."""

    first: str
    last: str
    email: str
    active: bool = True

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Company:
    """A client; `code` is three letters, `languages` those of its people. The `silent` contacts never have trouble."""

    name: str
    code: str
    phone: str
    city: str
    domain: str
    languages: tuple[str, ...]
    contacts: tuple[Contact, ...]
    silent: tuple[Contact, ...]


def _technician(user_id: int, row: dict[str, Any]) -> Technician:
    return Technician(user_id, row["username"], row["first"], row["last"], row["resource"], tuple(row["roles"]))


def _company(row: dict[str, Any]) -> Company:
    contacts, silent = (
        tuple(_contact(each, row["domain"]) for each in row.get(group, ())) for group in ("contacts", "silent")
    )
    texts = {key: row[key] for key in ("name", "code", "phone", "city", "domain")}
    return Company(**texts, languages=tuple(row["languages"]), contacts=contacts, silent=silent)


def _contact(row: dict[str, Any], domain: str) -> Contact:
    address = row.get("email") or f"{_ascii(row['first'][0] + '.' + row['last'])}@{domain}"
    return Contact(row["first"], row["last"], address, active=row.get("active", True))


def _ascii(name: str) -> str:
    plain = unicodedata.normalize(
        "NFKD", name.lower().replace("ß", "ss").replace("ł", "l").replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")
    )
    return "".join(letter for letter in plain if letter.isascii() and (letter.isalnum() or letter in ".-"))


_ROWS = tomllib.loads((files(__package__) / "people.toml").read_text(encoding="utf-8"))

TECHNICIANS: tuple[Technician, ...] = tuple(
    _technician(number, row) for number, row in enumerate(_ROWS["technician"], start=2)
)
COMPANIES: tuple[Company, ...] = tuple(_company(row) for row in _ROWS["company"])
