"""How Autotask says no, and the JSON in which it answers."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Response


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure of this program
    """Autotask refuses a request with its own words, one text for each problem."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts)
        self.texts = list(texts)


class TurnedAway(Exception):  # noqa: N818 - an answer too
    """Something before Autotask does not let a request through: a 403 without words."""


def answer(value: Any, status: int = 200) -> Response:
    """Return `value` as a JSON answer."""
    return Response(json.dumps(value, ensure_ascii=False, separators=(",", ":")), status, mimetype="application/json")


def errors(texts: list[str], status: int = 500) -> Response:
    """Return the body of every refusal: `{"errors": […]}`."""
    return answer({"errors": texts}, status)


def message(text: str, status: int) -> Response:
    """Return what the web server in front of Autotask says: `{"Message": …}`."""
    return answer({"Message": text}, status)


def not_permitted(deed: str) -> Refusal:
    """Return the refusal for missing rights; `deed` is create, query, update or delete."""
    return Refusal(f"The logged in Resource does not have the adequate permissions to {deed} this entity type.")


def bad_reference(field: str, entity: str) -> Refusal:
    """Return the refusal of an id that points to nothing."""
    return Refusal(f"Reference value on field: {field} of type: {entity} does not exist or is invalid.")
