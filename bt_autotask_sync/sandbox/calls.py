"""What a request asks of which product: the name by which faults and the request log speak of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from werkzeug.wrappers import Request

if TYPE_CHECKING:
    from collections.abc import Callable

Side = Literal["appliance", "autotask"]

AUTOTASK_ROOT = "/atservicesrest"
_VERSION = "/v1.0"
_APPLIANCE_ROOTS = ("/oauth2", "/api", "/session_download", "/login")
_LARGEST_BODY = 16 * 1024 * 1024


class SandboxRequest(Request):
    """A request whose body cannot fill the memory."""

    max_content_length = _LARGEST_BODY
    max_form_memory_size = _LARGEST_BODY


@dataclass(frozen=True, slots=True)
class Call:
    """A request to one of the products.

    `names` are what an endpoint pattern may name: Autotask's path behind the version (`/Tickets/7/Notes`), or the
    appliance's path and beside it the report, action or last segment (`SupportSession`, `token`).
    """

    side: Side
    method: str
    names: tuple[str, ...]

    @property
    def endpoint(self) -> str:
        """The name that says most."""
        return self.names[-1]


def recognise(request: Request) -> Call | None:
    """Return what `request` asks of a product; None when it is meant for neither."""
    if is_under(request.path, AUTOTASK_ROOT):
        return Call("autotask", request.method, (autotask_path(request.path),))
    if any(is_under(request.path, root) for root in _APPLIANCE_ROOTS):
        return Call("appliance", request.method, (request.path, _appliance_name(request)))
    return None


def is_under(path: str, root: str) -> bool:
    """Tell whether `path` is `root` or lies below it, in any case."""
    return path.lower() == root or path.lower().startswith(root + "/")


def autotask_path(path: str) -> str:
    """Return what stands behind `/atservicesrest` and the version, beginning with a slash."""
    rest = path[len(AUTOTASK_ROOT) :]
    return (rest[len(_VERSION) :] if is_under(rest, _VERSION) else rest) or "/"


def endpoint_matcher(pattern: str) -> Callable[[Call], bool]:
    """Return the test for `[METHOD ]NAME`: `*` stands for one segment, `**` for any number; "" for every request."""
    method, _, name = pattern.strip().rpartition(" ")
    parts = (".*" if part == "**" else "[^/]*" if part == "*" else re.escape(part) for part in _pieces(name))
    expression = re.compile("".join(parts), re.IGNORECASE)

    def matches(call: Call) -> bool:
        if method.strip() and method.strip().upper() != call.method:
            return False
        return not name or any(expression.fullmatch(each) for each in call.names)

    return matches


def _pieces(name: str) -> list[str]:
    return re.split(r"(\*\*|\*)", name)


def _appliance_name(request: Request) -> str:
    asked = request.values.get("generate_report") or request.values.get("action")
    return asked or request.path.rstrip("/").rpartition("/")[2]
