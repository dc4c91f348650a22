"""Several accounts: each by its profile, and one that does not answer hides no other."""

import pytest

from tests.support.operator import Operator

SETTINGS = {"REPRIEVE_NOTIFY__EMAILS": "security@example.com", "REPRIEVE_SETTINGS": "/dev/null"}


@pytest.fixture
def operator(sandbox, tmp_path):
    """Somebody with three profiles: two lead to the sandbox, one to nobody."""
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
    # The environment's endpoint and credentials would win over the profiles'.
    without = dict.fromkeys(("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    return Operator(sandbox, SETTINGS, {**without, "AWS_CONFIG_FILE": str(config)})


def test_a_profile_that_leads_nowhere_hides_no_other(operator):
    """The other account is swept; the failure is said, in the JSON too, and in the exit code."""
    asked = ("sweep", "--region", "eu-west-1", "--json", "--profile", "prod", "--profile", "gone")
    printed = operator.run(*asked)
    assert [each["account"] for each in printed.json["accounts"]] == ["111122223333"]
    assert list(printed.json["failed_profiles"]) == ["gone"]
    assert "profile gone: AWS cannot be reached" in printed.complaints
    assert printed.exit_code == 1


def test_two_profiles_of_one_account_are_wrong_use(operator):
    """Else it would be swept twice, and counted twice."""
    printed = operator.run("sweep", "--profile", "prod", "--profile", "same")
    assert printed.exit_code == 2
    assert "both lead to the account 111122223333" in printed.complaints


def test_a_profile_that_is_not_configured_is_wrong_use(operator):
    """With the command that lists them."""
    printed = operator.run("status", "--profile", "prd")
    assert printed.exit_code == 2
    assert "aws configure list-profiles" in printed.complaints
