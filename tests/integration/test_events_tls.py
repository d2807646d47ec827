"""The listener's own TLS: what appliances trust, what is refused at its start, and renewed while it runs."""

from __future__ import annotations

import os
import ssl
import time
from typing import TYPE_CHECKING

import pytest
import trustme

from bt_autotask_sync.events.certificate import Certificate, CertificateError
from tests.integration.listening import Listening, numbered, read_all, request
from tests.unit.events.receiving import LSID, lsids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Files:
    """A certificate and its key, as files."""

    def __init__(self, directory: Path, authority: trustme.CA) -> None:
        self.certificate = directory / "certificate.pem"
        self.key = directory / "key.pem"
        self._authority = authority
        self._versions = 0
        self.issue()

    def issue(self, authority: trustme.CA | None = None) -> None:
        """Write new ones, later than those before also if the system's clock did not tick in between."""
        issued = (authority or self._authority).issue_cert("localhost")
        self.certificate.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
        self.key.write_bytes(issued.private_key_pem.bytes())
        self.touch()

    def touch(self) -> None:
        self._versions += 1
        for path in (self.certificate, self.key):
            os.utime(path, ns=(self._versions, self._versions))

    def read(self) -> Certificate:
        return Certificate(self.certificate, self.key)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """A client that trusts the authority, and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


@pytest.fixture
def files(tmp_path: Path, authority: trustme.CA) -> Files:
    return Files(tmp_path, authority)


@pytest.fixture
def secure(tmp_path: Path, files: Files) -> Iterator[Listening]:
    with Listening(tmp_path, files.read()) as listening:
        yield listening


def serial(listening: Listening, context: ssl.SSLContext) -> object:
    """The number of the certificate that is shown."""
    with listening.connect(context) as connection:
        assert isinstance(connection, ssl.SSLSocket)
        shown = connection.getpeercert()
        assert shown
        return shown["serialNumber"]


def test_an_event_is_received_over_tls(secure: Listening, trusting: ssl.SSLContext) -> None:
    assert secure.server.url.startswith("https://127.0.0.1:")
    assert secure.send(request(), trusting).status == 200
    assert secure.waiting() == [LSID]


def test_many_events_are_received_over_one_connection(secure: Listening, trusting: ssl.SSLContext) -> None:
    with secure.connect(trusting) as connection:
        connection.sendall(b"".join(request(body=numbered(number)) for number in range(1, 21)))
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 20:
            received += connection.recv(65_536)
    assert secure.waiting() == lsids(20)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_what_is_older_than_tls_1_2_is_refused(secure: Listening, trusting: ssl.SSLContext) -> None:
    trusting.set_ciphers("ALL:@SECLEVEL=0")
    trusting.minimum_version = trusting.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        secure.connect(trusting)
    trusting.minimum_version = trusting.maximum_version = ssl.TLSVersion.TLSv1_2
    assert secure.send(request(), trusting).status == 200


@pytest.mark.parametrize(
    "garbage", [b"", b"POST /ERSPost HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x00\x05\x01", b"\x00" * 100_000]
)
def test_what_is_no_tls_is_cut_off_and_told_once_a_minute(
    secure: Listening, trusting: ssl.SSLContext, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        assert b"HTTP" not in secure.talk(garbage)
    assert secure.send(request(), trusting).status == 200
    (told,) = caplog.messages
    for words in ("127.0.0.1", "trust the certificate", "https://"):
        assert words in told


def test_who_does_not_trust_the_certificate_is_told_of(secure: Listening, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ssl.SSLError):
        secure.connect(ssl.create_default_context())
    end = time.monotonic() + 10
    while not caplog.messages:
        assert time.monotonic() < end, "nothing was told"
        time.sleep(0.01)
    (told,) = caplog.messages
    assert "no TLS handshake with 127.0.0.1" in told


def test_who_does_not_finish_the_handshake_is_cut_off(
    tmp_path: Path, files: Files, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bt_autotask_sync.events.acceptor.HANDSHAKE_SECONDS", 0.4)
    with Listening(tmp_path, files.read()) as secure, secure.connect() as silent:
        began = time.monotonic()
        assert read_all(silent) == b""
        assert 0.2 < time.monotonic() - began < 8
        assert secure.send(request(), trusting).status == 200


def test_200_unfinished_handshakes_stop_nobody(secure: Listening, trusting: ssl.SSLContext) -> None:
    silent = [secure.connect() for _ in range(200)]
    try:
        began = time.monotonic()
        assert secure.send(request(), trusting).status == 200
        assert time.monotonic() - began < 8
    finally:
        for connection in silent:
            connection.close()


def test_a_stop_waits_for_no_handshake(secure: Listening, trusting: ssl.SSLContext) -> None:
    with secure.connect() as silent:
        silent.sendall(b"\x16\x03\x01")
        assert secure.send(request(), trusting).status == 200
        began = time.monotonic()
        secure.server.stop()
        assert time.monotonic() - began < 8


def test_a_renewed_certificate_is_shown_without_a_new_start(
    tmp_path: Path, files: Files, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bt_autotask_sync.events.server.RENEWAL_SECONDS", 0.02)
    with Listening(tmp_path, files.read()) as secure:
        first = serial(secure, trusting)
        files.issue()
        end = time.monotonic() + 10
        while serial(secure, trusting) == first:
            assert time.monotonic() < end, "the renewed one is not shown"
            time.sleep(0.02)
        assert secure.send(request(), trusting).status == 200


def test_a_renewed_certificate_that_cannot_be_used_leaves_the_old_one(
    tmp_path: Path, files: Files, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = files.read()
    with Listening(tmp_path, certificate) as secure:
        first = serial(secure, trusting)
        key = files.key.read_bytes()
        files.issue()
        files.key.write_bytes(key)  # as between the two writes of a renewal
        for _ in range(2):
            certificate.renew()
        assert serial(secure, trusting) == first
        (told,) = caplog.messages
        assert "the one before stays in use" in told
        files.certificate.unlink()
        certificate.renew()
        assert serial(secure, trusting) == first
        files.issue()
        certificate.renew()
        assert serial(secure, trusting) != first


def mix(files: Files) -> None:
    key = files.key.read_bytes()
    files.issue()
    files.key.write_bytes(key)


def lock(files: Files) -> None:
    from cryptography.hazmat.primitives import serialization as pem  # noqa: PLC0415 - trustme brings it

    key = pem.load_pem_private_key(files.key.read_bytes(), None)
    secret = pem.BestAvailableEncryption(b"secret")
    files.key.write_bytes(key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, secret))


def put_a_directory_there(files: Files) -> None:
    files.key.unlink()
    files.key.mkdir()


DAMAGES: dict[str, tuple[Callable[[Files], object], str]] = {
    "missing": (lambda files: files.certificate.unlink(), "No such file"),
    "a directory": (put_a_directory_there, "Is a directory"),
    "empty": (lambda files: files.certificate.write_bytes(b""), "PEM"),
    "no PEM": (lambda files: files.key.write_bytes(b"\x00\xff" * 500), "PEM"),
    "exchanged": (lambda files: files.certificate.write_bytes(files.key.read_bytes()), "PEM"),
    "of another pair": (mix, "key values mismatch"),
    "locked": (lock, "the key has a password"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_pair_that_cannot_be_used_is_an_error_with_a_mend_and_never_a_question(files: Files, damage: str) -> None:
    spoil, words = DAMAGES[damage]
    spoil(files)
    with pytest.raises(CertificateError) as refused:
        files.read()
    assert words in refused.value.message
    assert str(files.certificate) in refused.value.message
    assert "without a password" in refused.value.advice


def test_line_ends_of_windows_do_no_harm(files: Files) -> None:
    for path in (files.certificate, files.key):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert files.read().context.minimum_version == ssl.TLSVersion.TLSv1_2
