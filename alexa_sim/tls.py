"""Temporary certificate authority and the server's certificate."""

import base64
from hashlib import sha256
from pathlib import Path
import ssl
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
import trustme

from .hosts import certificate_names


class Authority:
    """A certificate authority that lasts as long as the process, in a temporary folder.

    ``ca_pem`` is the file that clients trust. ``spki`` are the base64 SHA-256 hashes of the public keys in the chain,
    for Chromium's ``--ignore-certificate-errors-spki-list``.
    """

    def __init__(self) -> None:
        """Create the authority and one certificate for all of Amazon's hosts."""
        self._folder = tempfile.TemporaryDirectory(prefix="alexa_sim-")
        authority = trustme.CA(organization_name="alexa_sim", organization_unit_name="throw-away, trust nowhere else")
        certificate = authority.issue_cert(*certificate_names(), common_name="www.amazon.com")
        self.ca_pem = Path(self._folder.name) / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_pem)
        self._chain = Path(self._folder.name) / "server.pem"
        certificate.private_key_and_cert_chain_pem.write_to_path(self._chain)
        self.spki = [_spki(certificate.cert_chain_pems[0].bytes()), _spki(authority.cert_pem.bytes())]

    def server_context(self) -> ssl.SSLContext:
        """Return a server context that offers HTTP/2 and stores the host name requested by the client.

        The name is the attribute ``sni`` of the ``SSLObject``, which is missing if the client sent no name.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._chain)
        context.set_alpn_protocols(["h2", "http/1.1"])
        # A test suite opens tens of thousands of connections. The default key exchange, which also resists quantum
        # computers, and session tickets take a third of the server's time for a handshake.
        context.set_ecdh_curve("X25519")
        context.num_tickets = 0
        context.sni_callback = _note_name
        return context

    def close(self) -> None:
        """Delete the temporary folder."""
        self._folder.cleanup()


def _note_name(tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
    """Store the server name of a handshake for the application."""
    tls.sni = name  # type: ignore[attr-defined]


def _spki(pem: bytes) -> str:
    """Return the base64 SHA-256 hash of a certificate's public key."""
    key = x509.load_pem_x509_certificate(pem).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(sha256(der).digest()).decode()
