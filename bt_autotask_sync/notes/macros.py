"""BeyondTrust's e-mail macros and the variables that say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MACROS: Mapping[str, str] = {
    "SESSION.CUSTOM.EXTERNAL_KEY": "external_key",
    "LSID": "lsid",
    "LSEQ": "lseq",
    "CUSTOMER_NAME": "customer_name",
    "CUSTOMER_COMPUTER-NAME": "customer_computer_name",
    "PRIMARY_REP_PRIVATE_DISPLAY_NAME": "primary_rep_private_display_name",
    "PRIMARY_REP_PUBLIC_DISPLAY_NAME": "primary_rep_public_display_name",
    "PRIMARY_REP_USER_NAME": "primary_rep_user_name",
    "START_TIME": "start_time",
    "END_TIME": "end_time",
    "SESSION_SUMMARY": "session_summary",
    "SESSION_NOTES": "session_notes",
    "SESSION_CHAT": "session_chat",
    "SYSTEM_INFORMATION": "system_information",
    "SCREEN_SHARING_RECORDING": "screen_sharing_recording",
    "COMMAND_SHELL_RECORDING": "command_shell_recording",
    "CUSTOMER_EXIT_SURVEY": "customer_exit_survey",
    "REPRESENTATIVE_EXIT_SURVEY": "representative_exit_survey",
}
"""BeyondTrust: every macro of the outbound events reference, without its percent signs, with its variable."""
