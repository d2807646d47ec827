"""`get_api_info`: who the API account is to the appliance, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from bt_autotask_sync.appliance.document import read_rows
from bt_autotask_sync.appliance.element import children_named, local_name, text_of
from bt_autotask_sync.appliance.values import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bt_autotask_sync.appliance.document import Stream


@dataclass(frozen=True, slots=True)
class ApiInfo:
    """The API's version, the company's name, the appliance's own time (UTC) and the account's permissions.

    BeyondTrust: `perm_command` is `full_access` or less, `perm_reporting_support` is 1 or 0.
    """

    version: str
    company: str
    timestamp: datetime | None
    permissions: Mapping[str, str]

    @property
    def grants_reports(self) -> bool:
        """Whether it says that the account may read session reports."""
        return self.permissions.get("perm_reporting_support") == "1"


def read_api_info(stream: Stream, source: str = "the API information") -> ApiInfo:
    """Return what `get_api_info` says; what it does not say is empty.

    Raises:
        UnusableAnswer: It is another answer.
        UnreadableReport: It breaks off.
        ReportNotPermitted: The API account may not ask it.
    """
    texts: dict[str, str] = {}
    permissions: dict[str, str] = {}
    rows = {"api_version", "company_name", "timestamp", "permissions"}
    for element in read_rows(stream, source=source, roots={"api_information"}, rows=rows):
        texts[local_name(element.tag)] = text_of(element)
        for permission in children_named(element, "permission"):
            permissions[permission.get("name") or ""] = text_of(permission)
    return ApiInfo(
        version=texts.get("api_version", ""),
        company=texts.get("company_name", ""),
        timestamp=moment(texts.get("timestamp")),
        permissions=MappingProxyType(permissions),
    )
