"""The listener's own TLS: its certificate and key, read again when they are renewed."""

from __future__ import annotations

import logging
import ssl
from typing import TYPE_CHECKING

from bt_autotask_sync.errors import UsageError
from bt_autotask_sync.events.file_signature import signature

if TYPE_CHECKING:
    from pathlib import Path

    from bt_autotask_sync.events.file_signature import Signature

_LOG = logging.getLogger(__name__)


class CertificateError(UsageError):
    """The certificate and the key cannot be used."""


class Certificate:
    """A certificate with its key, and the context that answers with it; TLS 1.2 and newer.

    Args:
        certificate_file: PEM, with the certificates between it and its authority.
        key_file: PEM, without a password.

    Raises:
        CertificateError: They cannot be used.
    """

    def __init__(self, certificate_file: Path, key_file: Path) -> None:
        self._files = certificate_file, key_file
        self._known = self._signature()
        self.context = self._read()

    def renew(self) -> None:
        """Take a renewed certificate for the connections to come; one that cannot be used leaves the old one."""
        found = self._signature()
        if found == self._known:
            return
        self._known = found
        try:
            self._read()
            self.context.load_cert_chain(*self._files, password=_no_password)
        except (CertificateError, OSError) as error:
            _LOG.warning("The certificate changed and cannot be used; the one before stays in use. %s", error)
        else:
            _LOG.info("The renewed certificate is in use.")

    def _read(self) -> ssl.SSLContext:
        """Return a context of its own: a wrong pair would spoil the one in use."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        certificate, key = self._files
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ValueError) as error:
            raise CertificateError(
                f"The certificate {certificate} and the key {key} cannot be used: {_words(error)}.",
                "Both must be PEM files that this user can read, the key the certificate's own and without a password.",
            ) from None
        return context

    def _signature(self) -> list[Signature]:
        """Return what tells the files from their next versions."""
        return [signature(path) for path in self._files]


def _no_password() -> str:
    """Answer for the person whom OpenSSL would ask at the terminal."""
    raise ValueError("the key has a password")


def _words(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason.replace("_", " ").lower() if error.reason else "one of them is no PEM file"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
