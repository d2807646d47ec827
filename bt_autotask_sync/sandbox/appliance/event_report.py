"""One event of the session details. File names and sizes come as `data` or as elements of their own, by the event."""

from __future__ import annotations

from base64 import encodebytes
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.markup import attribute, is_legal, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bt_autotask_sync.sandbox.appliance.record import Event, InformationTable, Party


def event_parts(event: Event) -> Iterator[str]:
    """Yield the pieces of one `<event>` element."""
    yield f'\t\t<event timestamp="{event.timestamp}" event_type={attribute(event.type)} >'
    if event.performed_by is not None:
        yield _party("performed_by", event.performed_by)
    if event.destination is not None:
        yield _party("destination", event.destination)
    if event.body:
        yield _body(event.body)
    if event.file is not None:
        yield f"\n\t\t\t<filename>{text(event.file[0])}</filename>\n\t\t\t<filesize>{event.file[1]}</filesize>"
    if event.data:
        yield "\n\t\t\t<data>\n"
        for name, value in event.data:
            yield f"\t\t\t\t<value name={attribute(name)} value={attribute(value)} />\n"
        yield "\t\t\t</data>"
    if event.system_information:
        yield from _system_information(event.system_information)
    yield "</event>\n"


def _party(tag: str, party: Party) -> str:
    return f'\n\t\t\t<{tag} type="{party.type}" gsnumber="{party.gsnumber}">{text(party.name)}</{tag}>'


def _body(body: str) -> str:
    """BeyondTrust: `encoded_body` (base64, RFC 2045) stands instead of `body` where XML cannot carry the text."""
    if is_legal(body):
        return f"\n\t\t\t<body>{text(body)}</body>"
    return f"\n\t\t\t<encoded_body>{encodebytes(body.encode()).decode()}</encoded_body>"


def _system_information(tables: tuple[InformationTable, ...]) -> Iterator[str]:
    yield "\n\t\t\t<system_information>\n"
    for table in tables:
        yield f"\t\t\t\t<category name={attribute(table.category)}>\n\t\t\t\t\t<description>"
        yield "".join(f"<field name={attribute(column)}/>" for column in table.columns)
        yield "</description>\n\t\t\t\t\t<data>\n"
        for row in table.rows:
            pairs = zip(table.columns, row, strict=True)
            fields = "".join(f"<field name={attribute(column)}>{text(value)}</field>" for column, value in pairs)
            yield f"\t\t\t\t\t\t<row>{fields}</row>\n"
        yield "\t\t\t\t\t</data>\n\t\t\t\t</category>\n"
    yield "\t\t\t</system_information>"
