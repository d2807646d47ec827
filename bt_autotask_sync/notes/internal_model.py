"""What only internal notes may tell: the variables that a public text does not have, each with its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bt_autotask_sync.notes.public_model import Customer, FileLine, Representative, Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalRepresentative(Representative):
    """A representative with what customers do not see."""

    private_display_name: Annotated[str, "private display name"]
    username: Annotated[str, "user name"]
    user_id: Annotated[str, "id of the user"]
    computer_name: Annotated[str, "computer"]
    operating_system: Annotated[str, "operating system"]
    public_ip: Annotated[str, "public IP address"]
    private_ip: Annotated[str, "private IP address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalCustomer(Customer):
    """A customer with computer and addresses."""

    computer_name: Annotated[str, "computer"]
    operating_system: Annotated[str, "operating system"]
    public_ip: Annotated[str, "public IP address"]
    private_ip: Annotated[str, "private IP address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalFileLine(FileLine):
    """One thing that happened to a file, with its folder."""

    file_path: Annotated[str, "the file as reported, with its folders"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of the system information."""

    column: Annotated[str, "heading of the column"]
    cell_value: Annotated[str, "the value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the system information."""

    cells: Annotated[tuple[Cell, ...], "the values of the row that are not empty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One category of the system information."""

    category: Annotated[str, "name of the category"]
    rows: Annotated[tuple[Row, ...], "its rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLink:
    """One recording."""

    recording_name: Annotated[str, "what was recorded, in words"]
    view_url: Annotated[str, "link to view it"]
    download_url: Annotated[str, "link to download it"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateParties:
    """The people with their private names, computers and addresses."""

    is_internal: Annotated[bool, "always yes; a section of it prints nothing in a public text"]
    primary_rep_private_display_name: Annotated[str, "primary representative, private display name"]
    primary_rep_user_name: Annotated[str, "primary representative, user name"]
    representatives: Annotated[tuple[InternalRepresentative, ...], "each representative"]
    customer_computer_name: Annotated[str, "computer of the customer"]
    customer_os: Annotated[str, "operating system of the customer"]
    customer_public_ip: Annotated[str, "public IP address of the customer"]
    customer_private_ip: Annotated[str, "private IP address of the customer"]
    customers: Annotated[tuple[InternalCustomer, ...], "each customer"]
    jumpoint: Annotated[str, "Jumpoint, of an unattended session"]
    jump_group: Annotated[str, "jump group, of an unattended session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateCourse:
    """Folders, system information and links."""

    files: Annotated[tuple[InternalFileLine, ...], "each thing that happened to a file"]
    has_system_information: Annotated[bool, "system information was retrieved"]
    system_information: Annotated[str, "the general section of the system information; ready text"]
    system_information_tables: Annotated[tuple[Table, ...], "each category of the system information"]
    has_links: Annotated[bool, "there are links to chat or recordings"]
    chat_view_url: Annotated[str, "link to view the chat"]
    chat_download_url: Annotated[str, "link to download the chat"]
    screen_sharing_recording: Annotated[str, "links to the screen sharing recordings, one a line"]
    command_shell_recording: Annotated[str, "links to the command shell recordings, one a line"]
    show_my_screen_recording: Annotated[str, "links to the Show My Screen recordings, one a line"]
    recordings: Annotated[tuple[RecordingLink, ...], "each recording"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentativeSurveys:
    """What representatives reported about it."""

    has_representative_survey: Annotated[bool, "a representative filled in the survey"]
    representative_exit_survey: Annotated[str, "representatives' survey questions and answers; ready text"]
    representative_surveys: Annotated[tuple[Survey, ...], "each survey that a representative filled in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """What only an internal text knows of a session; lists that customers see in part stand here in full."""

    parties: PrivateParties
    course: PrivateCourse
    representative_surveys: RepresentativeSurveys
