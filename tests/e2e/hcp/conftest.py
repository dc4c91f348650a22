"""HCP Terraform's stand-in, with a certificate that is made here."""

import datetime
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.deployment import PROJECT, Deployment
from sandbox.server import Sandbox
from tests.e2e.hcp.stand_in import HcpTerraform
from tests.e2e.hcp.workspaces import Organization, User
from tests.support.state import SMALL

ORGANIZATION = "example"
TOKENS = {
    "token-of-alice": User("alice"),
    "token-of-bob": User("bob"),
    "token-of-reader": User("reader", may_create=False),
}


@dataclass(frozen=True)
class Certificate:
    """A certificate for localhost and its key, as files."""

    certificate: Path
    key: Path


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Make a certificate for localhost that nobody but these tests trusts."""
    directory = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(directory / "certificate.pem", directory / "key.pem")
    files.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@pytest.fixture(scope="module")
def hcp(certificate: Certificate) -> Iterator[HcpTerraform]:
    """Run the stand-in; nothing may have been asked of it that it does not know."""
    with HcpTerraform(
        certificate.certificate, certificate.key, Organization(ORGANIZATION), TOKENS
    ) as service:
        yield service
    assert service.unknown == []


class HcpDeployment(Deployment):
    """A deployment that trusts the stand-in's certificate and has a token for it."""

    def __init__(
        self,
        sandbox: Sandbox,
        directory: Path,
        certificate: Certificate,
        hostname: str,
        token: str,
        settings: Mapping[str, str],
    ) -> None:
        super().__init__(sandbox, directory, settings=settings)
        self.token = token
        self._certificate = certificate
        self._hostname = hostname

    def environment(self) -> dict[str, str]:
        """Return the environment, with a CLI configuration file that has the token.

        TF_TOKEN_… would do for a host without a port: a variable's name cannot say the colon.
        """
        environment = super().environment()
        found = Path(environment["TF_CLI_CONFIG_FILE"])
        configuration = self.directory / "with-token.tfrc"
        credentials = (
            f"credentials {json.dumps(self._hostname)} {{ token = {json.dumps(self.token)} }}"
        )
        configuration.write_text(f"{found.read_text()}\n{credentials}\n")
        return {
            **environment,
            "TF_CLI_CONFIG_FILE": str(configuration),
            "SSL_CERT_FILE": str(self._certificate.certificate),
        }


class Uploader:
    """Calls .ci/hcp-run for a stack, with the token that `terraform login` would have left."""

    def __init__(self, home: Path, certificate: Certificate, hostname: str) -> None:
        self._home = home
        self._certificate = certificate
        self._hostname = hostname

    def __call__(
        self,
        stack: Path,
        *options: str,
        who: str | None = "alice",
        environment: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run it to its end, whatever that is."""
        file = self._home / ".terraform.d/credentials.tfrc.json"
        file.parent.mkdir(exist_ok=True)
        credentials = {self._hostname: {"token": f"token-of-{who}"}} if who else {}
        file.write_text(json.dumps({"credentials": credentials}))
        return subprocess.run(
            [sys.executable, PROJECT / ".ci/hcp-run", "--stack", stack, *options],
            env={
                "HOME": str(self._home),
                "SSL_CERT_FILE": str(self._certificate.certificate),
                **(environment or {}),
            },
            text=True,
            capture_output=True,
            check=False,
        )


@pytest.fixture
def hcp_run(tmp_path: Path, certificate: Certificate, hcp: HcpTerraform) -> Uploader:
    """Return what calls .ci/hcp-run."""
    return Uploader(tmp_path, certificate, hcp.hostname)


@pytest.fixture(scope="module")
def settings(hcp: HcpTerraform) -> dict[str, str]:
    """Return the settings that keep the state in the stand-in."""
    return SMALL | {
        "REPRIEVE_STATE__BACKEND": "hcp",
        "REPRIEVE_STATE__ORGANIZATION": ORGANIZATION,
        "REPRIEVE_STATE__PROJECT": "Security tools",
        "REPRIEVE_STATE__HOSTNAME": hcp.hostname,
    }
