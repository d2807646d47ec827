"""What makes one session unlike the other: each twist adds something to a draft."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.record import SYSTEM, Answer, InformationTable, Named, Party, Survey
from bt_autotask_sync.sandbox.scenarios.people import Technician
from bt_autotask_sync.sandbox.scenarios.utterances import encoded_text, hostile_text, template_text, unicode_chat

if TYPE_CHECKING:
    from collections.abc import Callable

    from bt_autotask_sync.sandbox.scenarios.draft import Draft

    Twist = Callable[[Draft], None]

_LATE = 3600
_GUEST = Technician(0, "vendor-support", "Vendor", "Support (invited)", "none", ())


def shared(draft: Draft) -> None:
    """Let a colleague look over the technician's shoulder for a while."""
    colleague = draft.join(draft.colleague(), 0.3, owner=False)
    draft.say(0.35, colleague, "Hi, I'm just joining to have a look at the log with my colleague.")
    draft.leave(colleague, 0.7)


def transferred(draft: Draft) -> None:
    """Hand the session over to a colleague, who becomes the primary representative."""
    lead = draft.lead
    colleague = draft.join(draft.colleague(), 0.5, owner=True)
    draft.say(0.51, colleague, "I'm taking over from here.")
    draft.leave(lead, 0.55)


def rejoined(draft: Draft) -> None:
    """Interrupt the technician's stay."""
    draft.leave(draft.lead, 0.4)
    draft.come_back(draft.lead, 0.6)


def invited(draft: Draft) -> None:
    """Invite somebody from outside, who has no account of ours."""
    guest = draft.join(_GUEST, 0.4, owner=False, invited=True)
    draft.say(0.45, guest, "Vendor support here, please open the licence dialog.")
    draft.leave(guest, 0.65)


def private_chat(draft: Draft) -> None:
    """Let two technicians talk where the customer does not read along."""
    lead = draft.lead
    colleague = draft.join(draft.colleague(), 0.25, owner=False)
    draft.say(0.27, lead, "Between us: this is the third time this month, they never reboot.", colleague)
    draft.say(0.29, colleague, "Let me check the contract, I think this is billable.", lead)
    draft.say(0.31, lead, "Only for you: please keep this window open.", draft.client)
    draft.leave(colleague, 0.33)


def more_notes(draft: Draft) -> None:
    """Let the technician write notes while working."""
    draft.log(0.3, "Session Note Added", draft.lead, body="Customer sounds stressed, deadline at noon.")
    draft.log(0.6, "Session Note Added", draft.lead, body="Tried:\n- repair install\n- new profile (worked)")


def files(draft: Draft) -> None:
    """Move files; names and sizes stand in `data/value`."""
    lead, client = draft.lead, draft.client
    upload = {"filename": r"C:\Users\Public\Downloads\MSP-Cleanup 2.1.exe", "filesize": "1296708"}
    draft.log(0.5, "File Upload", lead, client, data=upload)
    download = {"filename": rf"C:\Users\{draft.customer.name}\Desktop\Übersicht & Plan.xlsx", "filesize": "48213"}
    draft.log(0.55, "File Download", client, lead, data=download)
    draft.log(0.56, "File Transfer Complete", client, lead, data={**download, "sha256": "9f" * 32})
    draft.log(0.9, "File Deleted", lead, client, data=upload)


def files_as_children(draft: Draft) -> None:
    """Move a file; name and size are child elements, as older appliances write them."""
    draft.log(0.5, "File Upload", draft.lead, draft.client, file=("vpn-profile (neu) <v2>.xml", 2048))
    draft.log(0.6, "File Moved", draft.lead, draft.client, file=("vpn-profile.xml", 2048))


def system_information(draft: Draft) -> None:
    """Retrieve what the customer's computer says about itself."""
    customer = draft.customer
    memory = draft.random.choice(("8.0 GB", "15.8 GB", "31.7 GB"))
    tables = (
        InformationTable("System", ("Computer Name", "OS", "Memory"), ((customer.hostname, customer.os, memory),)),
        InformationTable(
            "Disk Drives", ("Drive", "Size", "Free"), (("C:", "476 GB", "9.1 GB"), ("S: (Netz & Büro)", "2 TB", ""))
        ),
        InformationTable("Network", ("Adapter", "IPv4", "IPv6"), (("Ethernet", customer.private_ip, "fe80::1%12"),)),
    )
    draft.log(0.04, "System Information Retrieved", draft.lead, draft.client, system_information=tables)


def recordings(draft: Draft) -> None:
    """Record the screen and two command shells."""
    shell = {"text": "C:\\> sfc /scannow & echo done > log.txt"}
    draft.log(0.45, "Remote Shell Event", SYSTEM, data=shell)
    draft.set(recorded=True, shell_recordings=2, show_my_screen_recordings=1)


def unattended(draft: Draft) -> None:
    """Start the session on a computer without anybody in front of it."""
    draft.customer = replace(draft.customer, form=None)
    draft.set(jumpoint=Named(4, "Jumpoint Augsburg"), jump_group=Named(7, "Servers", "shared"))


def custom_fields(draft: Draft) -> None:
    """Fill in all custom fields."""
    fields = {
        "customer_email": "näme+tag@client.example",
        "asset_tag": f"A-{draft.lseq}",
        "cost_center": "4711 / Büro <2>",
    }
    draft.set(custom_attributes=fields)


def windows(draft: Draft) -> None:
    """Log which windows were in front; event types like these are many, and no two versions have the same."""
    for step in range(3):
        data = {"exeName": "OUTLOOK.EXE", "windowName": f"Posteingang - {draft.customer.name} - Outlook"}
        draft.log(0.2 + step / 10, "Session Foreground Window Changed", SYSTEM, data=data)
    draft.log(0.7, "Special Action Executed", draft.lead, data={"action_name": "Restart Explorer"})


def customer_survey(draft: Draft) -> None:
    """Let the customer fill in the exit survey soon after the end."""
    _customer_survey(draft, draft.random.choice(("3", "4", "5", "5", "5")), draft.random.randint(20, 1800))


def late_customer_survey(draft: Draft) -> None:
    """Let the customer answer an hour from now, when the session has long been processed."""
    _customer_survey(draft, "2", None)


def representative_survey(draft: Draft) -> None:
    """Let the technician fill in the survey that closes a session."""
    if draft.end is None:
        return
    answers = (
        Answer("close_state", "How was the session closed?", "select", "Resolved"),
        Answer(
            "internal_remark", "Remark for colleagues", "textarea", "Knows little, but friendly.\nUpsell: new laptop?"
        ),
        Answer("follow_up", "Follow-up needed?", "radio", None),
    )
    lead = draft.lead
    draft.set(representative_surveys=(Survey(lead.gsnumber, lead.name, draft.end, answers),))


def ipv6(draft: Draft) -> None:
    """Connect both sides by IPv6."""
    port = draft.random.randint(1025, 65535)
    draft.customer = replace(draft.customer, public_ip=f"[2001:db8:85a3::8a2e:370:7334]:{port}", private_ip="fd00::12")
    draft.representatives[0] = replace(draft.representatives[0], public_ip=f"[2001:db8::1]:{port}")


def unknown_addresses(draft: Draft) -> None:
    """Leave addresses and the technician's computer unknown."""
    draft.customer = replace(draft.customer, public_ip="Unknown", private_ip="Unknown")
    draft.representatives[0] = replace(draft.representatives[0], private_ip="Unknown", os="Unknown", hostname="")


def german_site(draft: Draft) -> None:
    """Come through the second public site."""
    draft.set(public_site=Named(2, "Kundenportal Süd"))


def never_closed(draft: Draft) -> None:
    """Break the session off so that nobody logs an end."""
    draft.leave(draft.lead, 1.0)
    draft.set(closed_abnormally=True)


def nothing_more(draft: Draft) -> None:
    """Leave the session as ordinary as it is."""


def _customer_survey(draft: Draft, rating: str, delay: int | None) -> None:
    if draft.end is None:
        return
    # In the past wherever it can be: what appears by itself later is for the late survey alone.
    submitted = draft.now + _LATE if delay is None else max(draft.end, min(draft.end + delay, draft.now - 60))
    answers = (
        Answer("rating", "How satisfied are you with our help?", "radio", rating),
        Answer("comments", "What can we do better?", "textarea", draft.scenario.comment or None),
    )
    client: Party = draft.client
    draft.set(customer_survey=Survey(client.gsnumber, client.name, submitted, answers))


EVERYDAY: tuple[Twist, ...] = (system_information, customer_survey, files, nothing_more, template_text, more_notes)
"""Twists that any session may have without standing out."""

COLOURS: tuple[Twist, ...] = (
    system_information,
    customer_survey,
    shared,
    files,
    private_chat,
    representative_survey,
    transferred,
    template_text,
    rejoined,
    recordings,
    unicode_chat,
    unattended,
    hostile_text,
    files_as_children,
    more_notes,
    custom_fields,
    ipv6,
    invited,
    encoded_text,
    german_site,
    windows,
    unknown_addresses,
)
"""All twists that leave a session deliverable, the most usual ones first."""
