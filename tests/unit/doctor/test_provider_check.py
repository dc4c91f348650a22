"""Where Terraform gets the AWS provider from, as its CLI configuration says."""

import http.server
import threading
from pathlib import Path

import pytest

from reprieve.doctor.provider_check import provider_check
from reprieve.doctor.reachable import reach

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home directory, and an empty current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    return tmp_path / "home"


def mirror(folder: Path, version: str = "6.25.0") -> Path:
    """Lay out a filesystem mirror."""
    (folder / "registry.terraform.io/hashicorp/aws" / version).mkdir(parents=True)
    return folder


def configured(home: Path, text: str) -> dict[str, str]:
    """Write a CLI configuration file; return the variable that names it."""
    file = home.parent / "my.tfrc"
    file.write_text(text)
    return {"TF_CLI_CONFIG_FILE": str(file)}


UNREACHABLE = "registry.invalid"


def test_a_filesystem_mirror_of_the_configuration(home):
    """With its versions; a quotation mark in its path is escaped there."""
    folder = mirror(home.parent / 'a "mirror"')
    mirror(folder, "5.100.0")
    quoted = str(folder).replace('"', '\\"')
    environ = configured(
        home,
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{quoted}"\n  }}\n}}\n',
    )
    check = provider_check(1, environ, UNREACHABLE)
    assert check.found == f"hashicorp/aws 5.100.0, 6.25.0 (mirror {folder})"
    assert check.passed


def test_a_packed_mirror(home):
    """Its versions are in the names of its files."""
    folder = mirror(home.parent / "mirror")
    provider = folder / "registry.terraform.io/hashicorp/aws"
    (provider / "6.25.0").rmdir()
    (provider / "terraform-provider-aws_6.1.0_linux_amd64.zip").touch()
    environ = configured(
        home, f'provider_installation {{ filesystem_mirror {{ path = "{folder}" }} }}'
    )
    assert provider_check(1, environ, UNREACHABLE).found.startswith("hashicorp/aws 6.1.0 ")


def test_an_implied_mirror_counts_only_without_a_configuration_of_sources(home):
    """As Terraform does it."""
    folder = mirror(home / ".terraform.d/plugins")
    assert provider_check(1, {}, UNREACHABLE).found == f"hashicorp/aws 6.25.0 (mirror {folder})"
    environ = configured(home, "provider_installation {\n  direct {}\n}\n")
    assert not provider_check(1, environ, UNREACHABLE).passed


def test_a_comment_is_no_mirror(home):
    """And a file that is missing configures nothing."""
    folder = mirror(home.parent / "mirror")
    environ = configured(
        home,
        "provider_installation {\n"
        f'#  filesystem_mirror {{ path = "{folder}" }}\n'
        "  direct {}\n}\n",
    )
    assert not provider_check(1, environ, UNREACHABLE).passed
    missing = {"TF_CLI_CONFIG_FILE": str(home / "missing")}
    assert not provider_check(1, missing, UNREACHABLE).passed


def test_a_registry_that_cannot_be_reached(home):
    """One line, and what to do."""
    check = provider_check(5, {}, UNREACHABLE)
    assert check.found.startswith(f"{UNREACHABLE}, which has the AWS provider, cannot be reached: ")
    assert "Errno" not in check.found
    assert "mirror" in check.hint


@pytest.fixture
def server():
    """A server on loopback that has one file; return its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path == "/registry.terraform.io/hashicorp/aws/index.json"
            self.send_response(200 if found else 404)
            self.end_headers()

        def log_message(self, format, *arguments):
            """Print nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_address[1]}"
        found.shutdown()


def test_a_network_mirror(home, server):
    """It is asked for the provider."""
    for url, passed in ((f"{server}/", True), (f"{server}/other/", False)):
        environ = configured(
            home, f'provider_installation {{\n  network_mirror {{\n    url = "{url}"\n  }}\n}}\n'
        )
        check = provider_check(5, environ, UNREACHABLE)
        assert check.passed is passed
        assert url in check.found


def test_why_a_host_cannot_be_reached(server):
    """In the words of the system, or with the answer's status."""
    assert reach(f"{server}/registry.terraform.io/hashicorp/aws/index.json", 5) is None
    assert reach(server, 5) == "it answers 404 Not Found"
    assert reach("http://127.0.0.1:1", 5) == "Connection refused"
    assert "unknown url type" in str(reach("nothing", 5))
