"""XML and JSON as the appliance writes them.

BeyondTrust (recorded): a body starts with the XML declaration and a blank line, is indented with tabs, holds stray
blank lines and ends with several newlines.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from werkzeug import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n\n'
CONTENT_TYPE = "text/xml; charset=UTF-8"
_NAMESPACES = {
    "beyondtrust": "https://www.beyondtrust.com/namespaces/API/",
    "bomgar": "http://www.bomgar.com/namespaces/API/",
    "sra": "http://www.beyondtrust.com/sra/namespaces/API/",
}
_TAB = "\t"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def is_legal(value: str) -> bool:
    """Tell whether XML 1.0 can carry every character of `value`."""
    return _ILLEGAL.search(value) is None


def text(value: str) -> str:
    """Return `value` as element text; characters that XML cannot carry are left out."""
    return escape(_ILLEGAL.sub("", value))


def attribute(value: str) -> str:
    """Return `value` as a quoted attribute value; characters that XML cannot carry are left out."""
    return quoteattr(_ILLEGAL.sub("", value))


def leaf(depth: int, tag: str, value: object, **attributes: object) -> str:
    """Return one line `<tag name="…">value</tag>`, indented by `depth` tabs."""
    pairs = "".join(f" {name}={attribute(str(each))}" for name, each in attributes.items())
    return f"{_TAB * depth}<{tag}{pairs}>{text(str(value))}</{tag}>\n"


def namespace(generation: str, api: str) -> str:
    """Return the XML namespace of an API ("reporting" or "command") in one of its three generations."""
    return f"{_NAMESPACES[generation]}{api}"


def document(root: str, xmlns: str, parts: Iterable[str]) -> Iterator[str]:
    """Yield a document piece by piece: the declaration, the root element, and `parts` inside it."""
    yield f'{DECLARATION}<{root} xmlns="{xmlns}">\n'
    yield from parts
    yield f"</{root}>\n\n\n"


def error_document(xmlns: str, message: str) -> str:
    """Return an error as the root element, followed by four newlines as recorded."""
    return f'{DECLARATION}<error xmlns="{xmlns}">{text(message)}</error>\n\n\n\n'


def xml_answer(body: str | Iterable[str], status: int = 200) -> Response:
    """Return an answer of XML, streamed when `body` is an iterator."""
    return Response(body, status=status, content_type=CONTENT_TYPE)


def json_answer(status: int, body: dict[str, Any]) -> Response:
    """Return an answer of compact JSON."""
    return Response(json.dumps(body, separators=(",", ":")), status=status, content_type="application/json")
