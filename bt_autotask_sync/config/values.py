"""What single values of the configuration must look like. Each function returns the value to use or refuses it."""

from __future__ import annotations

import difflib
import ipaddress
import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from bt_autotask_sync.config.problems import Fault, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|\w(?:[\w.-]*\w)?\.?)(?::(?P<port>[0-9]{1,5}))?")
LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
E_MAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
APPLIANCE_ID: Final = re.compile(r"(?!\.+$)[A-Za-z0-9._-]{1,64}")
LARGEST_NUMBER: Final = 2**63 - 1
RESOURCE_PREFIX: Final = "resource:"
PROFILE_NAME_LENGTH: Final = 64


def words(text: str) -> str:
    """Return `text` without blanks around it; it may not be empty nor hold control characters."""
    stripped = text.strip()
    if not stripped:
        raise InvalidValueError(Fault("must not be empty"))
    if not stripped.isprintable():
        raise InvalidValueError(Fault("contains a line break or a control character"))
    return stripped


def profile_name(name: str) -> str:
    """Return the name of a profile: short, and the same when it is typed on the command line."""
    if words(name) != name:
        raise InvalidValueError(Fault("begins or ends with a blank"))
    if len(name) > PROFILE_NAME_LENGTH:
        raise InvalidValueError(Fault(f"is longer than {PROFILE_NAME_LENGTH} characters"))
    return name


def host(text: str) -> str:
    """Return a host name or address, with a port or without, as BeyondTrust's "Host Name": no scheme, no path."""
    if "://" in text:
        raise InvalidValueError(Fault("must be a host name without https://", "Write host or host:port only."))
    found = HOST.fullmatch(text)
    if found is None:
        advice = "Write host or host:port only, like support.example.com; an IPv6 address stands in brackets."
        raise InvalidValueError(Fault("is not a host name", advice))
    if found["port"] is not None and not 1 <= int(found["port"]) <= 65535:  # noqa: PLR2004  # the range of TCP ports
        raise InvalidValueError(Fault("has a port outside 1 to 65535"))
    return text


def tls_choice(use_tls: bool, host: str) -> bool:  # noqa: FBT001  # the value that is checked
    """Return `use_tls`; BeyondTrust: OAuth needs TLS, so only a loopback host can do without."""
    name = HOST.fullmatch(host)
    if not use_tls and not (name and is_loopback(name["name"].strip("[]"))):
        advice = "Remove it: the appliance gives OAuth tokens over TLS only."
        raise InvalidValueError(Fault("may be false only for a host on this machine", advice))
    return use_tls


def language(text: str) -> str:
    """Return a language tag as `Accept-Language` takes it."""
    if not LANGUAGE.fullmatch(text):
        raise InvalidValueError(Fault("is not a language tag", 'Write one like "en-us".'))
    return text


def timezone(name: str) -> str:
    """Return an IANA time zone name that this machine knows."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(name, available_timezones(), n=1, cutoff=0.7)
        advice = f'Did you mean "{near[0]}"?' if near else 'Write one like "Europe/Berlin" or "UTC".'
        raise InvalidValueError(Fault("is not an IANA time zone that this machine knows", advice)) from None
    return name


def moment(value: object, zone: ZoneInfo) -> datetime:
    """Return a point in time in UTC, from ISO 8601 text or a TOML date (its midnight) or date-time.

    Args:
        value: What stands in the file.
        zone: Where a time without an offset is read.
    """
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(read, date) and not isinstance(read, datetime):
            read = datetime.combine(read, time())
        if isinstance(read, datetime):
            return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidValueError(Fault("is not a date and time", 'Write ISO 8601, like "2026-01-31T08:00:00+01:00".'))


def services_url(text: str) -> str:
    """Return the address of Autotask's REST services in its one form; empty text stays empty: it will be found."""
    if not text.strip():
        return ""
    from bt_autotask_sync.autotask.zone import normalise_services_url  # noqa: PLC0415  # it brings requests along

    try:
        return normalise_services_url(text)
    except ValueError as error:
        raise InvalidValueError(Fault(str(error), "Leave the key away to have the address found.")) from None


def e_mail(text: str) -> str:
    """Return an e-mail address, as far as one can tell by its look."""
    if not E_MAIL.fullmatch(text) or not text.isprintable():
        raise InvalidValueError(Fault("is not an e-mail address"))
    return text


def resource_map(addresses: Mapping[str, str]) -> Mapping[str, str]:
    """Return e-mail addresses by username; usernames that differ in case only would give time to either person."""
    known: set[str] = set()
    for username in addresses:
        if username.casefold() in known:
            raise InvalidValueError(Fault("is there twice: the case of a username does not count", at=(username,)))
        known.add(username.casefold())
    return addresses


def unmatched(text: str) -> str:
    """Return what becomes of the time of a representative without a resource."""
    if text in {"hold", "skip"}:
        return text
    if not text.startswith(RESOURCE_PREFIX):
        raise InvalidValueError(Fault('must be "hold", "skip" or "resource:E-MAIL"'))
    return RESOURCE_PREFIX + e_mail(text.removeprefix(RESOURCE_PREFIX).strip())


def appliance_id(text: str) -> str:
    """Return an appliance's id as it stands at the end of the address that outbound events are sent to."""
    if not APPLIANCE_ID.fullmatch(text):
        advice = 'Write letters, digits, ".", "_" and "-" only, at most 64.'
        raise InvalidValueError(Fault("is not an appliance id", advice))
    return text


def listening_address(text: str) -> str:
    """Return an address of this machine on which a server can listen."""
    try:
        return text if text == "localhost" else str(ipaddress.ip_address(text))
    except ValueError:
        advice = 'Write one like "127.0.0.1"; "0.0.0.0" is every address of this machine.'
        raise InvalidValueError(Fault("is not an IP address", advice)) from None


def network(text: str) -> str:
    """Return an IP address or a network of addresses, in its one form."""
    try:
        read = ipaddress.ip_network(text)
        return str(read if "/" in text else read.network_address)
    except ValueError:
        advice = 'Write one like "192.0.2.7", or "192.0.2.0/24" with the first address of the network.'
        raise InvalidValueError(Fault("is not an IP address or a network", advice)) from None


def has_half_a_character(text: str) -> bool:
    """Tell whether half of a surrogate pair stands alone in `text`, as JSON may say it and nothing else can."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def is_too_large(number: float) -> bool:
    """Tell whether no field of Autotask holds such a number, finite or not."""
    return not abs(number) <= LARGEST_NUMBER  # "not a number" compares with nothing


def file_path(text: str, directory: Path) -> Path | None:
    """Return the file that `text` names, seen from `directory`; None for empty text."""
    path = directory / text
    if text and not holds(path.is_file):
        raise InvalidValueError(Fault(f"there is no file {path}"))
    return path if text else None


def directory_path(text: str, directory: Path) -> Path | None:
    """Return the directory that `text` names, seen from `directory`; None for empty text."""
    path = directory / text
    if text and not holds(path.is_dir):
        raise InvalidValueError(Fault(f"there is no directory {path}"))
    return path if text else None


def holds(look: Callable[[], bool]) -> bool:
    """Return what a look at the file system says; a path that cannot even be asked about is not there."""
    try:
        return look()
    except (OSError, ValueError):
        return False


def is_loopback(name: str) -> bool:
    """Tell whether a host name or address, without brackets, is this machine."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name.lower() == "localhost"
