"""The template files, one's own and the shipped ones, and the texts that they make of a session."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import bt_autotask_sync
from bt_autotask_sync.notes.kind import Kind
from bt_autotask_sync.notes.model import InternalModel, PublicModel
from bt_autotask_sync.notes.mustache import Template, TemplateError
from bt_autotask_sync.notes.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bt_autotask_sync.appliance.session import Session
    from bt_autotask_sync.notes.context import NoteContext

__all__ = ["FILE_NAMES", "Kind", "NoteText", "TemplateError", "TemplateFile", "Templates", "shipped_directory"]

FILE_NAMES = tuple(f"{kind}_{part}.mustache" for kind in Kind for part in ("title", "note"))
"""The names of all template files: `session_title.mustache`, `session_note.mustache` …"""

_SIZE_LIMIT = 256 * 1024


@dataclass(frozen=True, slots=True)
class NoteText:
    """A note before it is measured: `title` is one line, `text` any number of them; no marker yet, nothing cut."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A template and the file it came from; `shipped` when the user has no such file."""

    path: Path
    shipped: bool
    template: Template


@dataclass(frozen=True, slots=True)
class Templates:
    """The six templates of a profile by their file names."""

    files: Mapping[str, TemplateFile]

    @classmethod
    def load(cls, directory: Path | None) -> Self:
        """Read all templates, from `directory` where it has them, else the shipped ones.

        Raises:
            TemplateError: The directory is not there, or a file cannot be read or is not well formed.
        """
        if directory is not None and not directory.is_dir():
            raise TemplateError(
                f"the templates directory {directory} is not there",
                "Make it with `templates export`, or leave `directory` empty for the shipped templates.",
            )
        return cls({name: _load(name, directory) for name in FILE_NAMES})

    def note(self, kind: Kind, session: Session, context: NoteContext, *, public: bool) -> NoteText:
        """Return title and text of the note of `kind`; a `public` one holds only what customers may read.

        The text always names the full lsid: where the template does not, a last line does.

        Raises:
            ValueError: A note on representatives' surveys was to be public.
        """
        if public and kind.is_internal(public=public):
            raise ValueError(f"a {kind} note is never public")
        model = (PublicModel if public else InternalModel).of(session, context).as_dict()
        title = self.files[f"{kind}_title.mustache"].template.render(model)
        text = clean(self.files[f"{kind}_note.mustache"].template.render(model)).strip()
        if session.lsid not in text:
            text = f"{text}\n\nSession {session.lsid}".lstrip()
        return NoteText(one_line(title), text)

    @staticmethod
    def summary(template_text: str, session: Session, context: NoteContext) -> str:
        """Return the summary notes of a time entry, whose text in the configuration is a template too.

        Customers see them on invoices, so they hold only what customers may read.

        Raises:
            TemplateError: The text is not well formed.
        """
        template = Template.parse(template_text, "summaryNotes")
        return clean(template.render(PublicModel.of(session, context).as_dict())).strip()


def shipped_directory() -> Path:
    """Return where the shipped templates are: inside the installed package, or beside it in a checkout.

    Raises:
        TemplateError: They are in neither place.
    """
    package = Path(bt_autotask_sync.__file__).parent
    for directory in (package / "templates", package.parent / "templates"):
        if (directory / FILE_NAMES[0]).is_file():
            return directory
    raise TemplateError(f"the shipped templates are missing in {package}", "Install bt-autotask-sync again.")


def _load(name: str, directory: Path | None) -> TemplateFile:
    own = directory / name if directory else None
    if own is not None and os.path.lexists(own):
        return TemplateFile(own, shipped=False, template=Template.parse(_read(own), str(own)))
    path = shipped_directory() / name
    return TemplateFile(path, shipped=True, template=Template.parse(_read(path), str(path)))


def _read(path: Path) -> str:
    """Return the text of a template file, of at most 256 KB."""
    if not path.is_file():
        raise TemplateError(f"{path} is not a file", "Remove it to use the shipped template.")
    try:
        with path.open("rb") as file:
            content = file.read(_SIZE_LIMIT + 1)
        if len(content) > _SIZE_LIMIT:
            raise TemplateError(f"{path} is larger than 256 KB", "A template is a page of text: is it another file?")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise TemplateError(f"{path}, line {line}, column {column}: not UTF-8", "Save it as UTF-8.") from None
    except OSError as error:
        raise TemplateError(f"{path} cannot be read: {error.strerror}", "Check who may read it.") from error
