"""Commands on several accounts, each of which has a profile."""

from typing import Any

import pytest

from tests.support.operator import Operator

SETTINGS = {"REPRIEVE_NOTIFY__EMAILS": "security@example.com", "REPRIEVE_SETTINGS": "/dev/null"}


@pytest.fixture
def operator(sandbox, tmp_path):
    """Return an operator with three profiles. Two lead to the sandbox, one leads nowhere."""
    profiles = {
        "prod": sandbox.endpoint,
        "same": sandbox.endpoint,
        "gone": "http://127.0.0.1:9",
    }
    config = tmp_path / "config"
    config.write_text(
        "".join(
            f"[profile {name}]\nendpoint_url = {url}\n"
            "aws_access_key_id = example\naws_secret_access_key = example\n"
            for name, url in profiles.items()
        )
    )
    # The environment's endpoint and credentials would override those of the profiles.
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    without: dict[str, Any] = dict.fromkeys(names)
    return Operator(sandbox, SETTINGS, {**without, "AWS_CONFIG_FILE": str(config)})


def test_a_sweep_reports_an_unreachable_profile_and_sweeps_the_other(operator):
    """The failure is in the output, in the JSON and in the exit code."""
    asked = ("sweep", "--region", "eu-west-1", "--json", "--profile", "prod", "--profile", "gone")
    printed = operator.run(*asked)
    assert [each["account"] for each in printed.json["accounts"]] == ["111122223333"]
    assert list(printed.json["failed_profiles"]) == ["gone"]
    assert "profile gone: AWS cannot be reached" in printed.complaints
    assert printed.exit_code == 1


def test_two_profiles_of_one_account_are_refused(operator):
    """Otherwise the account would count twice."""
    printed = operator.run("sweep", "--profile", "prod", "--profile", "same")
    assert printed.exit_code == 2
    assert "both open the account 111122223333" in printed.complaints


def test_an_unknown_profile_is_refused(operator):
    """The message names the command that lists the profiles."""
    printed = operator.run("status", "--profile", "prd")
    assert printed.exit_code == 2
    assert "aws configure list-profiles" in printed.complaints
