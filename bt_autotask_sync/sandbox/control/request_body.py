"""The JSON body of a request under `/sandbox/`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Request


def json_object(request: Request) -> Mapping[str, Any]:
    """Return the object in the body; an empty one when there is no body.

    Raises:
        ValueError: It is anything else.
    """
    return as_object(json_value(request))


def json_value(request: Request) -> Any:
    """Return the value in the body; an empty object when there is no body.

    Raises:
        ValueError: It is not JSON.
    """
    text = request.get_data().decode("utf-8")
    try:
        return json.loads(text) if text.strip() else {}
    except ValueError:
        raise ValueError("the body is not JSON") from None


def as_object(value: Any) -> Mapping[str, Any]:
    """Return the value if it is a JSON object.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - answered as any other wrong body
    return value
