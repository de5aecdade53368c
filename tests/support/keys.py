"""Throw-away keys: certificates that nobody trusts, and a time-stamp authority on this machine."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "Integrator KK Document Signing"


@cache
def private_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(*, expired=False, time_stamping=False):
    """One that signs itself, valid from 2020 on for a year or for twenty."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key().public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 if expired else 7300))
        .add_extension(_usage(), critical=True)
    )
    if time_stamping:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(private_key(), hashes.SHA256())


def _usage():
    given = dict.fromkeys(
        (
            *("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign"),
            *("crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=True, content_commitment=True, **given)


def write_pkcs12(path, password="", *, expired=False):
    """A PKCS#12 file at `path` ("": without a password); the path."""
    protection = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    found = certificate(expired=expired)
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"test", private_key(), found, None, protection)
    )
    return path


@contextmanager
def time_stamp_authority():
    """The address of an authority on this machine that stamps whatever it is sent."""
    from asn1crypto import keys, tsp
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.timestamps import DummyTimeStamper

    stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(certificate(time_stamping=True).public_bytes(Encoding.DER)),
        keys.PrivateKeyInfo.load(
            private_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        ),
        fixed_dt=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            stamp = stamper.request_tsa_response(tsp.TimeStampReq.load(asked)).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(stamp)))
            self.end_headers()
            self.wfile.write(stamp)

        def log_message(self, *said):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/tsa"
        server.shutdown()
        thread.join()
