"""JSON values turned into a field's type, as forgiving and as strict as Autotask's reader.

Autotask: numeric strings pass as numbers; what cannot be converted is refused with "Could not convert …".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bt_autotask_sync.sandbox.autotask import moments
from bt_autotask_sync.sandbox.autotask.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bt_autotask_sync.sandbox.autotask.schema import Entity, Field
    from bt_autotask_sync.sandbox.autotask.store import Record
    from bt_autotask_sync.sandbox.switches import Switches

_WIDTHS: Final = {"integer": ("Int32", 2**31), "long": ("Int64", 2**63)}
_JSON_NAMES: Final = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


def read_body(entity: Entity, body: Mapping[str, Any], raw: str, switches: Switches) -> Record:
    """Return the writable fields of a create or update, by their names on the wire; read-only ones are left out.

    `raw` is the JSON text, of which a refusal names the position.

    Raises:
        Refusal: A field does not exist, or a value does not fit it.
    """
    record: Record = {}
    for name, value in body.items():
        field = entity.field(name)
        if field is None:
            where = _place(name, raw)
            raise Refusal(f"Could not find member '{name}' on object of type '{entity.name}Model'. {where}")
        if field.read_only:
            continue
        try:
            record[field.name] = _shortened(field, convert(field, value, switches), switches)
        except ValueError as unfit:
            raise Refusal(f"{unfit} {_place(name, raw)}") from None
    return record


def convert(field: Field, value: Any, switches: Switches) -> Any:
    """Return `value` in the type of `field`; None stays None.

    Raises:
        ValueError: With Autotask's words, it cannot be converted.
    """
    if value is None:
        return None
    if field.kind == "datetime":
        return _moment(field, value, switches)
    if field.kind in _WIDTHS:
        return _integer(field, value)
    return _READERS[field.kind](value)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise _unfit(value, "string")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(field: Field, value: Any, switches: Switches) -> str:
    # Autotask: a date without time, as `dateWorked` is, is never shifted by a time zone.
    shifted = switches.date_offsets == "convert" and field.name != "dateWorked"
    try:
        return moments.parse(value, convert_offset=shifted)
    except (TypeError, AttributeError, ValueError):
        raise _unfit(value, "DateTime") from None


def _boolean(value: Any) -> bool:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if isinstance(value, bool | int | float):
        return bool(value)
    raise _unfit(value, "boolean")


def _double(value: Any) -> float:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise _unfit(value, "double") from None
        if abs(number) < float("inf"):
            return number
    raise _unfit(value, "double")


def _integer(field: Field, value: Any) -> int | str:
    if isinstance(value, bool):
        # Autotask: `isActive` of a contact is a number, and official samples filter it with `true`.
        return int(value)
    if isinstance(value, float):
        raise ValueError(f"Input string '{value}' is not a valid integer.")  # noqa: TRY004 - one error for all
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise _unfit(value, "integer") from None
    width, limit = _WIDTHS[field.kind]
    if not -limit <= number < limit:
        raise ValueError(f"JSON integer {number} is too large or small for an {width}.")
    return number


def _user_defined(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _unfit(value, "array of UserDefinedField")
    items = [{key.lower(): content for key, content in item.items()} for item in value]
    return [{"name": item.get("name"), "value": item.get("value")} for item in items]


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": _text,
    "boolean": _boolean,
    "double": _double,
    "list": _user_defined,
}


def _unfit(value: Any, kind: str) -> ValueError:
    shown = value if isinstance(value, str | int | float) else "…"
    return ValueError(f"Could not convert {_JSON_NAMES.get(type(value), 'value')} to {kind}: {shown}.")


def _shortened(field: Field, value: Any, switches: Switches) -> Any:
    if not isinstance(value, str) or field.kind != "string" or not field.length:
        return value
    units = value.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * field.length:
        return value
    if switches.over_length == "error":
        raise ValueError(f"{field.name} exceeds the maximum length of {field.length}.")
    return units[: 2 * field.length].decode("utf-16-le", "ignore")


def _place(name: str, raw: str) -> str:
    at = raw.lower().find(f'"{name.lower()}"')
    line = raw.count("\n", 0, max(at, 0)) + 1
    position = at - raw.rfind("\n", 0, max(at, 0)) + len(name) + 2
    return f"Path '{name}', line {line}, position {position}."
