"""The command API in XML: what the account may do, who is logged in, session keys; session attributes stand apart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bt_autotask_sync.sandbox.appliance.attributes import PREFIX, SessionAttributes
from bt_autotask_sync.sandbox.appliance.call import Call, CommandError
from bt_autotask_sync.sandbox.appliance.markup import document, error_document, leaf, namespace, xml_answer
from bt_autotask_sync.sandbox.appliance.record import APPLIANCE_ID, SERVICE_DESK
from bt_autotask_sync.sandbox.scenarios.people import TECHNICIANS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from werkzeug import Response

    from bt_autotask_sync.sandbox.appliance.sessions import SessionStore
    from bt_autotask_sync.sandbox.appliance.surroundings import Clock, Switches

_SHIFT = 4 * 3600
_KEY_LIFETIME = 24 * 3600
_LONGEST_KEY_LIFETIME = 7 * 24 * 3600
_PERMISSIONS = {
    "perm_command": "full_access",
    "perm_reporting_support": 1,
    "perm_reporting_presentation": 1,
    "perm_reporting_license": 1,
    "perm_reporting_archive": 0,
    "perm_real_time_state": 0,
    "perm_ecm": 0,
    "perm_backup": 0,
    "perm_scim": 0,
}


class Commands:
    """Answers `/api/command`."""

    def __init__(self, sessions: SessionStore, clock: Clock, switches: Switches, random: Random) -> None:
        self._sessions = sessions
        self._clock = clock
        self._switches = switches
        self._random = random
        attributes = SessionAttributes(sessions, clock, switches)
        self._actions = {
            "get_api_info": self._api_info,
            "check_health": self._health,
            "get_logged_in_reps": self._logged_in_representatives,
            "get_support_teams": self._teams,
            "generate_session_key": self._session_key,
            "get_session_attributes": attributes.get,
            "set_session_attributes": attributes.set,
        }

    def answer(self, parameters: Mapping[str, str], base_url: str) -> Response:
        """Answer with what the action gives, or with a root `<error>`; `base_url` starts the address of a key."""
        call = Call(parameters, namespace(self._switches.namespace, "command"), base_url)
        action = self._actions.get(parameters.get("action", ""), _unknown)
        try:
            return xml_answer(action(call))
        except CommandError as error:
            return xml_answer(error_document(call.xmlns, str(error)))

    def _api_info(self, call: Call) -> str:
        granted = _PERMISSIONS | {"perm_reporting_support": int(self._switches.reporting == "granted")}
        permissions = "".join(leaf(2, "permission", value, name=name) for name, value in granted.items())
        return _element(
            "api_information",
            call,
            leaf(1, "api_version", "1.24.1"),
            leaf(1, "company_name", "msp"),
            leaf(1, "timestamp", int(self._clock.now())),
            f"\t<permissions>\n{permissions}\t</permissions>\n",
        )

    def _health(self, call: Call) -> str:
        return _element(
            "health_check",
            call,
            leaf(1, "appliance", "sandbox", id=APPLIANCE_ID),
            leaf(1, "version", "24.1.2 (sandbox)"),
            leaf(1, "success", 1),
            leaf(1, "failover_role", "none"),
        )

    def _logged_in_representatives(self, call: Call) -> str:
        since = datetime.fromtimestamp(int(self._clock.now()) - _SHIFT, UTC).isoformat()
        running = (each.owner for each in self._sessions.begun(self._clock.now()) if each.active)
        busy = [owner.user_id for owner in running if owner is not None]
        parts = []
        for technician in TECHNICIANS:
            parts += [
                f'\t<rep id="{technician.user_id}">\n',
                leaf(2, "display_name", technician.public_name),
                leaf(2, "public_display_name", technician.public_name),
                leaf(2, "private_display_name", technician.private_name),
                leaf(2, "type", "Normal"),
                leaf(2, "logged_in_since", since),
                leaf(2, "presentation_count", 0),
                leaf(2, "support_session_count", busy.count(technician.user_id)),
                leaf(2, "showing_on_rep_list", 1),
                "\t</rep>\n",
            ]
        return _element("logged_in_reps", call, *parts)

    def _teams(self, call: Call) -> str:
        team = f'\t<support_team id="{SERVICE_DESK.id}">\n{leaf(2, "name", SERVICE_DESK.name)}\t</support_team>\n'
        return _element("support_teams", call, team)

    def _session_key(self, call: Call) -> str:
        """BeyondTrust: a key lives 24 hours unless `ttl` says otherwise, and carries the external key."""
        if call.parameters.get("type") != "support" or not call.parameters.get("queue_id"):
            raise CommandError("Invalid parameters: type must be support, and queue_id is required.")
        ttl = call.parameters.get("ttl", str(_KEY_LIFETIME))
        if not (ttl.isdecimal() and len(ttl) <= len(str(_LONGEST_KEY_LIFETIME)) and int(ttl) <= _LONGEST_KEY_LIFETIME):
            raise CommandError("Invalid parameters: ttl.")
        url = f"{call.base_url}?ak={self._random.getrandbits(128):032x}"
        return _element(
            "session_key",
            call,
            leaf(1, "type", "support"),
            leaf(1, "expires", int(self._clock.now()) + int(ttl)),
            leaf(1, "queue", call.parameters["queue_id"], available=0),
            leaf(1, "external_key", call.parameters.get(f"{PREFIX}external_key", "")),
            leaf(1, "short_key", self._random.randrange(10**6, 10**7)),
            leaf(1, "key_url", url),
            leaf(1, "mail_subject", "Remote Support Invitation"),
            leaf(1, "mail_body", f"Please open {url} to start the support session."),
        )


def _unknown(_: Call) -> str:
    raise CommandError("Invalid action.")


def _element(root: str, call: Call, *parts: str) -> str:
    return "".join(document(root, call.xmlns, parts))
