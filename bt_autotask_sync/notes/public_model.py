"""What a note may tell to customers: the variables of every template, each with its meaning.

The annotations are the documentation that `templates variables` prints. No value is None: what a session does not
have is an empty text, an empty list, or 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay of a representative in the session."""

    joined_time: Annotated[str, "time of day of joining"]
    left_time: Annotated[str, "time of day of leaving"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Representative:
    """A representative who took part."""

    name: Annotated[str, "display name: the private one in internal texts, else the public one"]
    public_display_name: Annotated[str, "public display name"]
    time_involved: Annotated[str, "how long in the session"]
    invited: Annotated[bool, "came by invitation, without an account"]
    session_owner: Annotated[bool, "owned the session at some time"]
    stays: Annotated[tuple[Stay, ...], "each stay, from joining to leaving"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A person who was helped."""

    name: Annotated[str, "display name"]
    company: Annotated[str, "company, from the issue form"]
    company_code: Annotated[str, "company code, from the issue form"]
    issue_type: Annotated[str, "issue type, from the issue form"]
    description: Annotated[str, "description of the issue, from the issue form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """One chat message."""

    date: Annotated[str, "date of the message"]
    time: Annotated[str, "time of day of the message"]
    sender: Annotated[str, "name of who wrote it"]
    recipient: Annotated[str, "name of the only one who could read it; empty when everyone could"]
    text: Annotated[str, "the message"]
    from_customer: Annotated[bool, "written by a customer"]
    from_representative: Annotated[bool, "written by a representative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """One note that a technician typed during the session."""

    date: Annotated[str, "date of the note"]
    time: Annotated[str, "time of day of the note"]
    author: Annotated[str, "name of the representative"]
    text: Annotated[str, "the note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One thing that happened to a file."""

    date: Annotated[str, "date"]
    time: Annotated[str, "time of day"]
    action: Annotated[str, "uploaded (to the customer), downloaded (from the customer), moved or deleted"]
    file_name: Annotated[str, "name without folders"]
    size: Annotated[str, "size in words"]
    performed_by: Annotated[str, "name of who did it"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLine:
    """One change of the session's owner."""

    date: Annotated[str, "date"]
    time: Annotated[str, "time of day"]
    owner: Annotated[str, "the representative or team that took over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question of an exit survey and its answer."""

    question: Annotated[str, "the question as the survey shows it, else its name in words"]
    question_name: Annotated[str, "the question's internal name, such as rating"]
    answer: Annotated[str, "the answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One exit survey that was filled in."""

    submitted_by: Annotated[str, "name of who filled it in"]
    submitted_time: Annotated[str, "date and time of day when it was filled in, where known"]
    answers: Annotated[tuple[Answer, ...], "its questions with the answers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One custom session field."""

    code_name: Annotated[str, "code name of the field"]
    label: Annotated[str, "display name of the field"]
    value: Annotated[str, "its value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which session it was."""

    lsid: Annotated[str, "the session's id, 32 hex digits"]
    lseq: Annotated[str, "the session's sequential number"]
    external_key: Annotated[str, "the external key as it was given"]
    ticket_number: Annotated[str, "number of the Autotask ticket"]
    session_type: Annotated[str, "type of the session, such as support"]
    public_site: Annotated[str, "public site through which the customer came"]
    team: Annotated[str, "support team"]
    has_custom_attributes: Annotated[bool, "custom session fields are filled in"]
    custom: Annotated[dict[str, str], "custom session fields by their code name"]
    custom_attributes: Annotated[tuple[Attribute, ...], "each custom session field that is filled in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When it was and how long it took."""

    timezone: Annotated[str, "time zone of all times here"]
    start_time: Annotated[str, "start, date and time of day"]
    start_date: Annotated[str, "start, date"]
    start_clock: Annotated[str, "start, time of day"]
    end_time: Annotated[str, "end, date and time of day"]
    end_date: Annotated[str, "end, date"]
    end_clock: Annotated[str, "end, time of day"]
    session_period: Annotated[str, "from when to when, with the time zone"]
    duration: Annotated[str, "how long the session took"]
    actual_time: Annotated[str, "time worked, of the time entry"]
    actual_minutes: Annotated[str, "minutes worked, of the time entry"]
    billed_time: Annotated[str, "time billed after rounding, of the time entry"]
    billed_minutes: Annotated[str, "minutes billed after rounding, of the time entry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Participants:
    """Who took part and why."""

    customer_name: Annotated[str, "name of the customer"]
    customer_company: Annotated[str, "company, from the issue form"]
    issue: Annotated[str, "issue type, from the issue form"]
    issue_details: Annotated[str, "description of the issue, from the issue form"]
    customers: Annotated[tuple[Customer, ...], "each customer"]
    representative_name: Annotated[
        str, "primary representative: the private name in internal texts, else the public one"
    ]
    primary_rep_public_display_name: Annotated[str, "primary representative, public display name"]
    representative_list: Annotated[str, "all representatives, each with the time involved"]
    has_several_representatives: Annotated[bool, "more than one representative took part"]
    representatives: Annotated[tuple[Representative, ...], "each representative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What happened."""

    session_summary: Annotated[str, "who, when, how long, how many files; ready text"]
    has_notes: Annotated[bool, "there are session notes"]
    session_notes: Annotated[str, "technicians' session notes (in public texts only if published); ready text"]
    notes: Annotated[tuple[NoteLine, ...], "each session note (in public texts only if published)"]
    has_chat: Annotated[bool, "there is chat"]
    session_chat: Annotated[str, "the chat (in public texts what everyone or the customer read); ready text"]
    chat: Annotated[tuple[ChatLine, ...], "each chat message (in public texts what everyone or the customer read)"]
    has_files: Annotated[bool, "files were transferred, moved or deleted"]
    session_files: Annotated[str, "what happened to files; ready text"]
    files: Annotated[tuple[FileLine, ...], "each thing that happened to a file"]
    files_transferred: Annotated[int, "number of files transferred"]
    files_moved: Annotated[int, "number of files renamed or moved"]
    files_deleted: Annotated[int, "number of files deleted"]
    has_transfers: Annotated[bool, "the session changed its owner"]
    session_transfers: Annotated[str, "who took over and when; ready text"]
    transfers: Annotated[tuple[TransferLine, ...], "each change of the owner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSurveys:
    """What customers thought of it."""

    has_customer_survey: Annotated[bool, "a customer filled in the exit survey"]
    customer_rating: Annotated[str, "answer to the question named rating of the first customer survey"]
    customer_exit_survey: Annotated[str, "customers' survey questions and answers; ready text"]
    customer_surveys: Annotated[tuple[Survey, ...], "each survey that a customer filled in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One session in words."""

    identity: Identity
    times: Times
    parties: Participants
    course: Transcript
    customer_surveys: CustomerSurveys
