"""Whom the product gives its mails and its passwords: a server whose certificate proves its name, no other."""

from __future__ import annotations

import datetime
import imaplib
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from flask_mail import Mail

from tests.conftest import People
from tests.messages.test_sending import Postbox, _free_port
from training.core.audit import utcnow
from training.core.db import db
from training.messages.mail import sending
from training.messages.outbox import tell


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class _Office:
    """An office with an authority of its own, whose certificate stands in the file `ca`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        own = self._signed("CA", self._key, x509.BasicConstraints(ca=True, path_length=None))
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(own)

    def _signed(self, name: str, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> bytes:
        made = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named("CA"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(utcnow() - datetime.timedelta(days=1))
            .not_valid_after(utcnow() + datetime.timedelta(days=1))
            .add_extension(extension, critical=False)
        )
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def server(self, name: str) -> ssl.SSLContext:
        """What a server of that name shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        own = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self._folder / f"{name}.pem"
        path.write_bytes(self._signed(name, key, x509.SubjectAlternativeName([x509.DNSName(name)])) + own)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


Serve = Callable[[ssl.SSLContext], Postbox]


@pytest.fixture
def office(tmp_path: Path) -> _Office:
    return _Office(tmp_path)


@pytest.fixture(params=["STARTTLS", "SMTPS"])
def serve(app: Flask, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    started = []
    smtps = request.param == "SMTPS"

    def start(context: ssl.SSLContext) -> Postbox:
        postbox, port = Postbox(), _free_port()
        shown = {"ssl_context": context} if smtps else {"tls_context": context}
        controller = Controller(postbox, hostname="127.0.0.1", port=port, **shown)
        # `start` asks once whether it serves, and knows no authority of ours.
        with suppress(ssl.SSLError):
            controller.start()
        started.append(controller)
        settings = {
            "MAIL_SERVER": "localhost", "MAIL_PORT": port, "MAIL_SUPPRESS_SEND": False, "MAIL_USE_SSL": smtps,
            "MAIL_USE_TLS": not smtps, "MAIL_DEFAULT_SENDER": "daotao@tinh.example.vn",
        }  # fmt: skip
        monkeypatch.setitem(app.extensions, "mail", Mail().init_mail(settings))
        monkeypatch.setitem(app.config, "MAIL_SERVER", "localhost")
        return postbox

    yield start
    for controller in started:
        controller.stop()


def test_a_server_that_cannot_prove_its_name_gets_nothing(
    app: Flask, people: People, office: _Office, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell([people.chi.id], "messages.correction_asked", "k", {"person": "Chi", "about": "ngày sinh"})
    db.session.commit()
    unknown = serve(office.server("localhost"))
    assert sending.send_due() == 0, "nobody here knows the authority"
    monkeypatch.setitem(app.config, "CA_FILE", str(office.ca))
    impostor = serve(office.server("mail.evil.example"))
    assert sending.send_due() == 0, "the certificate is of another name"
    assert unknown.letters == impostor.letters == []
    genuine = serve(office.server("localhost"))
    assert sending.send_due() == 1
    assert len(genuine.letters) == 1


# -- the mailbox of returned mails -------------------------------------------------------------------------------


class _Imap(socketserver.StreamRequestHandler):
    """An empty mailbox that has no STARTTLS; `said` is what it was told."""

    said: list[str] = []

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, command, *_more = line.decode().split()
            self.said.append(line.decode())
            told = {
                "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
                "SELECT": b"* 0 EXISTS\r\n",
                "UID": b"* SEARCH\r\n",
            }
            self.wfile.write(told.get(command, b"") + f"{tag} OK done\r\n".encode())
            if command == "LOGOUT":
                return


class _Mailbox(socketserver.ThreadingTCPServer):
    daemon_threads = True
    context: ssl.SSLContext | None = None

    def get_request(self) -> tuple[Any, Any]:
        line, address = super().get_request()
        return (self.context.wrap_socket(line, server_side=True) if self.context else line), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        return None


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Mailbox]:
    _Imap.said = []
    with _Mailbox(("127.0.0.1", 0), _Imap) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for key, value in (("HOST", "localhost"), ("PORT", server.server_address[1]), ("USER", "thu-tra"),
                           ("PASSWORD", "bi-mat")):  # fmt: skip
            monkeypatch.setitem(app.config, f"BOUNCES_IMAP_{key}", value)
        yield server
        server.shutdown()


def _read(app: Flask) -> Any:
    return app.test_cli_runner().invoke(args=["read-bounces"])


def _password_was_told() -> bool:
    return any("bi-mat" in line for line in _Imap.said)


def test_a_mailbox_that_cannot_prove_its_name_gets_no_password(
    app: Flask, office: _Office, mailbox: _Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.context = office.server("localhost")
    answer = _read(app)
    assert (answer.exit_code, "CERTIFICATE_VERIFY_FAILED" in answer.output) == (1, True)
    monkeypatch.setitem(app.config, "CA_FILE", str(office.ca))
    mailbox.context = office.server("imap.evil.example")
    assert _read(app).exit_code == 1
    assert not _password_was_told()
    mailbox.context = office.server("localhost")
    assert _read(app).exit_code == 0
    assert _password_was_told()


def test_a_mailbox_whose_starttls_was_taken_away_gets_no_password(
    app: Flask, mailbox: _Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, port = imaplib.IMAP4, mailbox.server_address[1]

    class AtPort143(plain):  # type: ignore[misc, valid-type]  # a class that is a variable
        def __init__(self, host: str, _port: int, timeout: float) -> None:
            super().__init__(host, port, timeout)

    monkeypatch.setattr(imaplib, "IMAP4", AtPort143)
    monkeypatch.setitem(app.config, "BOUNCES_IMAP_PORT", 143)
    assert _read(app).exit_code == 1
    assert not _password_was_told()
    monkeypatch.setitem(app.config, "BOUNCES_IMAP_PLAIN", True)
    assert _read(app).exit_code == 0
