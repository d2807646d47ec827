"""The fields that Autotask lets a client write, with their JSON type and length, and their names of the SOAP days."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class JsonType(StrEnum):
    """How a field is written in JSON. A date-time is a string in ISO 8601, in UTC."""

    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"
    DATE_TIME = "date-time"
    ARRAY = "array"


@dataclass(frozen=True, slots=True)
class Field:
    """A writable field.

    `length` is in characters, None where there is none; `picklist` tells that the number is one of a list that each
    tenant keeps, where it has a label.
    """

    type: JsonType
    length: int | None = None
    picklist: bool = False


def _fields(
    *, integers: str, texts: Mapping[str, int], others: Mapping[str, JsonType], picklists: str = ""
) -> Mapping[str, Field]:
    return MappingProxyType(
        {name: Field(JsonType.INTEGER) for name in integers.split()}
        | {name: Field(JsonType.INTEGER, picklist=True) for name in picklists.split()}
        | {name: Field(JsonType.STRING, length) for name, length in texts.items()}
        | {name: Field(kind) for name, kind in others.items()}
    )


TIME_ENTRY_FIELDS = _fields(
    integers="""
        billingCodeID contractID contractServiceBundleID contractServiceID internalBillingCodeID resourceID roleID
        taskID ticketID
    """,
    texts={"internalNotes": 32_000, "summaryNotes": 32_000},
    others={
        "dateWorked": JsonType.DATE_TIME,
        "endDateTime": JsonType.DATE_TIME,
        "hoursWorked": JsonType.NUMBER,
        "isInternalNotesVisibleToComanaged": JsonType.BOOLEAN,
        "isNonBillable": JsonType.BOOLEAN,
        "offsetHours": JsonType.NUMBER,
        "showOnInvoice": JsonType.BOOLEAN,
        "startDateTime": JsonType.DATE_TIME,
    },
)
"""Writable fields of TimeEntries."""

TICKET_FIELDS = _fields(
    integers="""
        apiVendorID assignedResourceID assignedResourceRoleID billingCodeID companyID companyLocationID
        configurationItemID contactID contractID contractServiceBundleID contractServiceID createdByContactID monitorID
        monitorTypeID opportunityID organizationalLevelAssociationID problemTicketId projectID
    """,
    picklists="""
        changeApprovalBoard changeApprovalStatus changeApprovalType issueType priority queueID rmaStatus rmaType
        serviceLevelAgreementID source status subIssueType ticketCategory ticketType
    """,
    texts={
        "changeInfoField1": 8000,
        "changeInfoField2": 8000,
        "changeInfoField3": 8000,
        "changeInfoField4": 8000,
        "changeInfoField5": 8000,
        "description": 8000,
        "externalID": 50,
        "purchaseOrderNumber": 50,
        "resolution": 32_000,
        "rmmAlertID": 50,
        "title": 255,
    },
    others={
        "dueDateTime": JsonType.DATE_TIME,
        "estimatedHours": JsonType.NUMBER,
        "isAssignedToComanaged": JsonType.BOOLEAN,
        "isVisibleToComanaged": JsonType.BOOLEAN,
        "userDefinedFields": JsonType.ARRAY,
    },
)
"""Writable fields of Tickets."""

CONTACT_FIELDS = (
    "emailAddress",
    "emailAddress2",
    "emailAddress3",
    "externalID",
    "phone",
    "mobilePhone",
    "alternatePhone",
    "extension",
    "faxNumber",
)
"""Texts of Contacts that can be queried and tell whose they are; names are left out, as many people bear one."""

SOAP_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "AccountID": "companyID",
        "AccountPhysicalLocationID": "companyLocationID",
        "AEMAlertID": "rmmAlertID",
        "AllocationCodeID": "billingCodeID",
        "BusinessDivisionSubdivisionID": "organizationalLevelAssociationID",
        "EMailAddress": "emailAddress",
        "InstalledProductID": "configurationItemID",
        "InternalAllocationCodeID": "internalBillingCodeID",
        "NonBillable": "isNonBillable",
        "ShowOnInvoice": "showOnInvoice",
    }
)
"""Names that differ between Autotask's SOAP and REST interfaces, in more than the case of their letters."""

_REST_BY_SOAP = {soap.casefold(): rest for soap, rest in SOAP_NAMES.items()}


def rest_name(entity_fields: Mapping[str, Field], name: str) -> str | None:
    """Return how REST writes a field of the entity that is given in any case, or by its SOAP name; None if unknown."""
    by_any_case = {known.casefold(): known for known in entity_fields}
    folded = name.strip().casefold()
    return by_any_case.get(folded) or by_any_case.get(_REST_BY_SOAP.get(folded, "").casefold())
