"""Every text of a session is a canary; what a public text may sing is listed here, canary by canary."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, cast, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import pytest

from bt_autotask_sync.appliance.session import Actor, ActorType, ChatMessage, Session
from bt_autotask_sync.notes.example import EXAMPLE_CONTEXT, EXAMPLE_SESSION
from bt_autotask_sync.notes.model import InternalModel, NoteContext, PublicModel
from bt_autotask_sync.notes.mustache import Template
from bt_autotask_sync.notes.privacy import base_name, published
from bt_autotask_sync.notes.templates import Kind, Templates
from bt_autotask_sync.notes.variable_names import terms

AT = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
CONTEXT = NoteContext(timezone=ZoneInfo("UTC"))
CONTEXT_WITH_NOTES = replace(CONTEXT, publish_session_notes=True)

PUBLIC = {
    "lsid",
    "lseq",
    "session_type",
    "public_site",
    "external_key",
    "team",
    "custom_attributes[].code_name",
    "custom_attributes[].display_name",
    "custom_attributes[].value",
    "customers[].username",
    "customers[].form.company",
    "customers[].form.company_code",
    "customers[].form.issue",
    "customers[].form.details",
    "representatives[].public_display_name",
    "chat[].text",
    "files[].name",
    "customer_surveys[].submitted_by",
    "customer_surveys[].answers[].name",
    "customer_surveys[].answers[].label",
    "customer_surveys[].answers[].value",
}

# Names that are taken by gsnumber from the list of people instead, and what nobody reads.
NEVER_TOLD = {
    "primary_customer.gsnumber",
    "primary_customer.name",
    "primary_representative.gsnumber",
    "primary_representative.name",
    "customers[].gsnumber",
    "customers[].form.name",
    "representatives[].gsnumber",
    "representatives[].display_name",
    "chat[].sender.gsnumber",
    "chat[].sender.name",
    "chat[].recipient.gsnumber",
    "chat[].recipient.name",
    "notes[].author.gsnumber",
    "notes[].author.name",
    "files[].performed_by.gsnumber",
    "files[].performed_by.name",
    "recordings[].kind",
    "customer_surveys[].gsnumber",
    "representative_surveys[].gsnumber",
}


@dataclass
class Aviary:
    """Fills a session with canaries and remembers which one sits where."""

    canaries: dict[str, str] = field(default_factory=dict)

    def canary(self, path: str) -> str:
        name = f"canary{len(self.canaries):04d}x"
        self.canaries[name] = path
        return name

    def fill(self, kind: Any, path: str) -> Any:
        if kind is str:
            return self.canary(path)
        if is_dataclass(kind):
            hints = get_type_hints(kind, localns={"datetime": datetime})
            dot = "." if path else ""
            return cast("type[Any]", kind)(
                **{name: self.fill(hint, f"{path}{dot}{name}") for name, hint in hints.items()}
            )
        if get_origin(kind) is tuple:
            return (self.fill(get_args(kind)[0], f"{path}[]"),)
        if type(None) in get_args(kind):
            return self.fill(get_args(kind)[0], path)
        return next(iter(kind)) if issubclass(kind, Enum) else {int: 7, bool: True, datetime: AT}[kind]

    def heard(self, text: str) -> set[str]:
        return {path for name, path in self.canaries.items() if name in text}


def aviary() -> tuple[Session, Aviary]:
    """Return a session where everything said and done is the representative's, known by gsnumber."""
    birds = Aviary()
    session: Session = birds.fill(Session, "")
    gsnumber = session.representatives[0].gsnumber
    session = replace(
        session,
        primary_representative=replace(session.primary_representative or _none(), gsnumber=gsnumber),
        chat=tuple(
            replace(line, sender=_rep(line.sender, gsnumber), recipient=Actor(ActorType.EVERYONE, "0", "Everyone"))
            for line in session.chat
        ),
        notes=tuple(replace(note, author=_rep(note.author, gsnumber)) for note in session.notes),
        files=tuple(
            replace(
                event,
                name=f"C:\\{birds.canary('folder')}\\{event.name}",
                performed_by=_rep(event.performed_by, gsnumber),
            )
            for event in session.files
        ),
    )
    return session, birds


def _rep(actor: Actor, gsnumber: str) -> Actor:
    return replace(actor, type=ActorType.REPRESENTATIVE, gsnumber=gsnumber)


def _none() -> Actor:
    return Actor(ActorType.REPRESENTATIVE, "", "")


def everything() -> str:
    """Return a template that prints whatever any text knows, by name, in each list, and as a whole."""

    def inside(prefix: str) -> str:
        tags = ["{{.}}"]
        for term in terms(public=False):
            name = term.name.removeprefix(prefix)
            if not term.name.startswith(prefix) or "." in name or name.endswith(">"):
                continue
            tags += [f"{{{{{name}}}}}", f"{{{{#{name}}}}}{{{{.}}}}{{{{/{name}}}}}"]
            if term.type == "list":
                tags.append(f"{{{{#{name}}}}}{inside(f'{term.name}[].')}{{{{/{name}}}}}")
        return "\n".join(tags)

    return inside("")


EVERYTHING = Template.parse(everything(), "everything")


def public_texts(session: Session, context: NoteContext, templates: Templates) -> str:
    """Return every text that customers can see, from the shipped templates and from one that prints everything."""
    model = PublicModel.of(session, context).as_dict()
    notes = [templates.note(kind, session, context, public=True) for kind in (Kind.SESSION, Kind.CUSTOMER_SURVEY)]
    return "\n".join(
        [
            json.dumps(model, ensure_ascii=False),
            EVERYTHING.render(model),
            templates.summary(EVERYTHING.text, session, context),
            *(f"{note.title}\n{note.text}" for note in notes),
        ]
    )


def test_public_texts_hold_what_is_listed_as_public_and_nothing_else() -> None:
    session, birds = aviary()
    heard = birds.heard(public_texts(session, CONTEXT, Templates.load(None)))
    assert heard == PUBLIC


def test_publishing_session_notes_adds_their_text_only() -> None:
    session, birds = aviary()
    heard = birds.heard(public_texts(session, CONTEXT_WITH_NOTES, Templates.load(None)))
    assert heard - PUBLIC == {"notes[].text"}


def test_internal_texts_hold_every_canary_so_that_none_of_them_is_deaf() -> None:
    session, birds = aviary()
    model = InternalModel.of(session, CONTEXT).as_dict()
    heard = birds.heard(json.dumps(model, ensure_ascii=False) + EVERYTHING.render(model))
    assert set(birds.canaries.values()) - heard == NEVER_TOLD


def test_what_is_taken_out_of_a_published_session_is_gone_and_not_only_untold() -> None:
    session, _ = aviary()
    told = published(session, with_notes=False)
    assert {part.name for part in fields(Session) if getattr(told, part.name) in ("", ())} == {
        "jumpoint",
        "jump_group",
        "transfers",
        "notes",
        "system_information",
        "recordings",
        "chat_view_url",
        "chat_download_url",
        "representative_surveys",
    }
    assert not [event.name for event in told.files if "\\" in event.name]


@pytest.mark.parametrize("recipient", list(ActorType))
@pytest.mark.parametrize("sender", list(ActorType))
def test_chat_is_public_only_if_it_went_to_everyone_or_to_the_customer(sender: ActorType, recipient: ActorType) -> None:
    line = ChatMessage(AT, Actor(sender, "77", "sender"), Actor(recipient, "78", "recipient"), "canary")
    model = PublicModel.of(replace(EXAMPLE_SESSION, chat=(line,)), CONTEXT).as_dict()
    assert ("canary" in json.dumps(model)) == (recipient in {ActorType.EVERYONE, ActorType.CUSTOMER})


@pytest.mark.parametrize("kind", list(ActorType))
def test_chat_to_a_known_representative_is_private_whatever_type_the_event_names(kind: ActorType) -> None:
    line = ChatMessage(AT, Actor(ActorType.REPRESENTATIVE, "21", ""), Actor(kind, "23", ""), "canary")
    model = PublicModel.of(replace(EXAMPLE_SESSION, chat=(line,)), CONTEXT)
    assert not model.facts.course.has_chat


@pytest.mark.parametrize(
    ("sender", "public_name"),
    [
        (Actor(ActorType.REPRESENTATIVE, "21", "Pat Rep"), "Pat"),
        (Actor(ActorType.CUSTOMER, "21", "Pat Rep"), "Pat"),
        (Actor(ActorType.REPRESENTATIVE, "99", "Secret Name"), "Representative"),
        (Actor(ActorType.OTHER, "98", "Secret Name"), "Participant"),
        (Actor(ActorType.CUSTOMER, "22", "Jane Doe"), "Jane Doe"),
        (Actor(ActorType.CUSTOMER, "22", ""), "Jane Doe"),
        (Actor(ActorType.SYSTEM, "0", "Remote Support"), "Remote Support"),
    ],
)
def test_senders_are_called_by_public_names_taken_by_gsnumber(sender: Actor, public_name: str) -> None:
    line = replace(EXAMPLE_SESSION.chat[0], sender=sender)
    model = PublicModel.of(replace(EXAMPLE_SESSION, chat=(line,)), EXAMPLE_CONTEXT)
    assert [told.sender for told in model.facts.course.chat] == [public_name]


def test_a_representative_without_a_public_name_is_not_called_by_the_private_one() -> None:
    nameless = replace(EXAMPLE_SESSION.representatives[0], display_name="", public_display_name="")
    model = PublicModel.of(replace(EXAMPLE_SESSION, representatives=(nameless,)), EXAMPLE_CONTEXT)
    assert model.facts.parties.representative_name == "Representative"
    assert "Pat Rep" not in json.dumps(model.as_dict())


def test_what_the_product_writes_about_a_representative_gets_the_public_name() -> None:
    system = Actor(ActorType.SYSTEM, "0", "Remote Support")
    line = replace(EXAMPLE_SESSION.chat[0], sender=system, text="Pat Rep has joined, Patricia and Sam Second too.")
    model = PublicModel.of(replace(EXAMPLE_SESSION, chat=(line,)), EXAMPLE_CONTEXT)
    assert model.facts.course.chat[0].text == "Pat has joined, Patricia and Sam too."


def test_transfers_to_people_who_are_not_in_the_session_are_private() -> None:
    owners = ("Pat Rep", "sam@msp.example", "Service Desk", "Secret Name", "")
    transfers = tuple(replace(EXAMPLE_SESSION.transfers[0], owner=owner) for owner in owners)
    model = PublicModel.of(replace(EXAMPLE_SESSION, transfers=transfers), EXAMPLE_CONTEXT)
    assert [told.owner for told in model.facts.course.transfers] == ["Pat", "Sam", "Service Desk"]


def test_a_private_name_inside_of_a_list_is_not_answered_by_an_outer_level() -> None:
    public, internal = {term.name for term in terms(public=True)}, {term.name for term in terms(public=False)}
    for name in internal - public:
        levels = name.split("[].")
        outer = {"[].".join([*levels[:depth], levels[-1]]) for depth in range(len(levels))}
        assert not outer & public, name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (r"C:\Users\jdoe\image.png", "image.png"),
        ("/home/jdoe/image.png", "image.png"),
        ("\\\\server\\share\\image.png", "image.png"),
        ("C:image.png", "image.png"),
        ("image.png", "image.png"),
        ("C:\\Users\\jdoe\\", "jdoe"),
        ("", ""),
    ],
)
def test_only_the_name_of_a_file_is_public(path: str, name: str) -> None:
    assert base_name(path) == name


def test_a_note_on_representatives_surveys_cannot_be_public() -> None:
    with pytest.raises(ValueError, match="never public"):
        Templates.load(None).note(Kind.REPRESENTATIVE_SURVEY, EXAMPLE_SESSION, EXAMPLE_CONTEXT, public=True)
