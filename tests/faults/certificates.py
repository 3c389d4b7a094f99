"""Certificates for the lab's registry, as they should not be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rollway.lab.paths import lab_paths
from tests.integration.lab_fleet import Lab

_PEM = serialization.Encoding.PEM


def certificate(
    lab: Lab, *, addresses: list[str], days: int = 1, is_self_signed: bool = False
) -> tuple[str, str]:
    """A certificate and its key in PEM, signed by the lab's authority or by nobody else.

    It began three days ago and ends in `days`.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    folder = lab_paths(lab.env).folder
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry-1")])
    now = datetime.now(UTC)
    issuer = key if is_self_signed else signer
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name if is_self_signed else authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(_names(addresses), critical=False)
        .add_extension(_issued_by(issuer), critical=False)
        .sign(issuer, hashes.SHA256())
    )
    private = key.private_bytes(
        _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(_PEM).decode(), private.decode()


def _issued_by(issuer: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())


def _names(addresses: list[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.IPAddress(ip_address(one)) for one in addresses])
