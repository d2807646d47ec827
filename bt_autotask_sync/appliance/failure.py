"""Failed exchanges as errors: those that may pass, and those that need a person."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import requests
import urllib3.exceptions

from bt_autotask_sync.appliance.document import CHECK_HOST
from bt_autotask_sync.appliance.errors import ApplianceOutage, ApplianceRefused, UnusableAnswer
from bt_autotask_sync.transport import TransientError, retry_after_seconds

if TYPE_CHECKING:
    from datetime import datetime

_FIRST_SERVER_ERROR = 500

_OTHER_NAME = ("is for another host name", "Set appliance.host to a name that stands in the certificate.")
_UNTRUSTED = (
    "is signed by nobody whom this machine trusts",
    "Name the certificate of your own authority, or of a proxy that opens TLS, in appliance.ca_file (a PEM file).",
)
# OpenSSL: the numbers of X509_V_ERR_…, whose words differ from version to version.
_CERTIFICATE_FAULTS = {
    9: ("is not valid yet", "Set the clock of this machine, or the certificate of the appliance, right."),
    10: ("has expired", "Renew it on the appliance; if it is not old, set the clock of this machine."),
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (urllib3.exceptions.NameResolutionError, "the host name is not known"),
    (requests.exceptions.Timeout, "it took too long"),
    (urllib3.exceptions.NewConnectionError, "the connection is refused"),
    (requests.exceptions.SSLError, "no secure connection (TLS) could be made"),
)


def refused(host: str, how: str) -> ApplianceRefused:
    """Return the error for an appliance that does not accept the OAuth client."""
    return ApplianceRefused(
        f"The appliance {host} refused the OAuth client: {how}.",
        "Check client_id and client_secret against /login > Management > API Configuration. A secret that is "
        "generated anew there ends the old one and all its tokens at once; a disabled account is refused too.",
    )


def judge_status(response: requests.Response, source: str, now: datetime) -> None:
    """Return for a 200 only; `now` is what a `Retry-After` date is measured from.

    Raises:
        TransientError: 429 or 5xx.
        UnusableAnswer: A redirect or any other status.
    """
    status = response.status_code
    if status == requests.codes.ok:
        return
    if status == requests.codes.too_many_requests:
        raise TransientError("too many requests (HTTP 429)", retry_after_seconds(response, now))
    if status >= _FIRST_SERVER_ERROR:
        raise TransientError(f"HTTP {status}", retry_after_seconds(response, now))
    kind = "a redirect, which is not followed" if response.is_redirect else "an unexpected status"
    raise UnusableAnswer(f"Instead of {source} came {kind} (HTTP {status}).", CHECK_HOST)


def explain_failure(error: Exception, host: str) -> Exception:
    """Return what a failed sending means: an outage that stays, or a `TransientError`. Its words hold no address."""
    cause = _innermost(error)
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return _unverified(cause, host)
    if isinstance(error, requests.exceptions.InvalidURL | urllib3.exceptions.LocationParseError | UnicodeError):
        return ApplianceOutage(f"“{host}” is no host name.", "It is `host` or `host:port`, without https://.")
    reasons = (words for kind, words in _REASONS if isinstance(error, kind) or isinstance(cause, kind))
    return TransientError(next(reasons, "the connection broke"))


def _unverified(error: BaseException, host: str) -> ApplianceOutage:
    """Return what is wrong with a certificate and what mends it; trying again would change nothing."""
    codes = (cause.verify_code for cause in error.args if isinstance(cause, ssl.SSLCertVerificationError))
    said, advice = _CERTIFICATE_FAULTS.get(next(codes, 0), _UNTRUSTED)
    return ApplianceOutage(f"The certificate of the appliance {host} {said}.", advice)


def _innermost(error: BaseException) -> BaseException:
    """Return the failure that urllib3 gave as the reason, or the error itself."""
    first = error.args[0] if error.args else None
    reason = getattr(first, "reason", first)
    return reason if isinstance(reason, BaseException) else error
