"""Checks JSON values against the fields of a dataclass, so that a misspelt steering request never passes unseen."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from typing import Any, Literal

if typing.TYPE_CHECKING:
    from collections.abc import Mapping


def checked(shape: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` as keyword arguments for the dataclass `shape`, lists turned into tuples.

    Raises:
        ValueError: A name is not a field of `shape`, or a value does not fit its field.
    """
    known = [field.name for field in dataclasses.fields(shape) if field.init]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; known are {', '.join(known)}")
    hints = typing.get_type_hints(shape)
    return {name: _fitted(name, hints[name], value) for name, value in values.items()}


def _fitted(name: str, hint: Any, value: Any) -> Any:
    origin, choices = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        if value in choices:
            return value
        raise ValueError(f"{name}: must be one of {', '.join(map(str, choices))}")
    if origin is types.UnionType:
        return None if value is None else _fitted(name, choices[0], value)
    if origin is dict:
        if isinstance(value, dict):
            return {str(key): _fitted(name, choices[1], item) for key, item in value.items()}
        raise ValueError(f"{name}: must be an object")
    if origin is tuple:
        if isinstance(value, list | tuple):
            return tuple(_fitted(name, choices[0], item) for item in value)
        raise ValueError(f"{name}: must be a list")
    return _scalar(name, hint, value)


def _scalar(name: str, kind: type, value: Any) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{name}: must be {kind.__name__}, not {type(value).__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name}: must be a finite number")
    return value
