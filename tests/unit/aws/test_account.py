"""Opening accounts, and explaining why a call to AWS failed."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from reprieve.aws.account import (
    AccountError,
    denied_action,
    explain,
    is_code,
)
from reprieve.aws.opening import Access, Closed, NoAccountError, open_accounts
from reprieve.aws.parallel import NoAnswer
from reprieve.errors import ExitCode
from reprieve.settings.loader import validated


def client_error(code, message="", operation="ListKeys"):
    """Return an error that AWS answered with."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


SETTINGS = validated({"notify": {"emails": ["security@example.com"]}})
NAMED = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: SNS:Publish on"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("AccessDeniedException", NAMED), "sns:Publish"),
        (client_error("AccessDenied", "no"), "kms:ListKeys"),
        (client_error("UnauthorizedOperation", "no", "DescribeFleets"), "DescribeFleets"),
        (client_error("ThrottlingException", NAMED), None),
        (ValueError(NAMED), None),
    ],
)
def test_denied_action(error, expected):
    """The message names it, or the operation does; other errors deny nothing."""
    assert denied_action(error) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            client_error("AccessDenied"),
            "The permission kms:ListKeys is missing. `reprieve policy` prints the permissions that "
            "each command needs.",
        ),
        (
            client_error(
                "AccessDenied", f"{NAMED} x with an explicit deny in a service control policy"
            ),
            "A service control policy of the organization denies sns:Publish.",
        ),
        (
            client_error("UnrecognizedClientException"),
            "AWS rejects the credentials in this Region: the account has not enabled the Region, "
            "or the credentials are wrong.",
        ),
        (client_error("ExpiredToken"), "The credentials have expired. Renew them."),
        (client_error("Throttling", "Slow down"), "ListKeys: Throttling: Slow down"),
        (
            NoCredentialsError(),
            "No AWS credentials were found. Set AWS_PROFILE, or run `aws configure`.",
        ),
        (NoAnswer("no answer within 3 seconds"), "There was no answer within 3 seconds."),
        (
            EndpointConnectionError(endpoint_url="https://kms"),
            'AWS cannot be reached: Could not connect to the endpoint URL: "https://kms"',
        ),
        (KeyError("Keys"), "KeyError: 'Keys'"),
    ],
)
def test_explain(error, expected, monkeypatch):
    """A sentence or two: why the call failed, and what to do."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert explain(error) == expected


def test_an_endpoint_of_the_environment_that_does_not_answer_is_named(monkeypatch):
    """Such as that of a local AWS that has stopped: the profile is not the cause."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert explain(EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/")) == (
        "Nothing answers at http://127.0.0.1:4566. AWS_ENDPOINT_URL sets the address: start what "
        "answers there, or unset the variable."
    )


def test_is_code_ignores_the_prefix_of_the_query_protocol():
    """SQS's codes come with and without it."""
    error = client_error("AWS.SimpleQueueService.NonExistentQueue")
    assert is_code(error, "QueueDoesNotExist", "NonExistentQueue")
    assert not is_code(error, "AccessDenied")
    assert not is_code(ValueError(), "NonExistentQueue")


def test_a_profile_that_is_not_configured_is_an_account_error():
    """The hint says where the profiles are."""
    with pytest.raises(AccountError, match="nobody") as caught:
        open_accounts(Access(profiles=["nobody"]), [SETTINGS])
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.hint == "List your profiles with `aws configure list-profiles`."


def test_accounts_that_cannot_be_opened_for_different_reasons_are_named():
    """A hint that all share comes once; others come below their account."""
    same = [
        Closed("prod", AccountError("No credentials.", "Set one."), "[accounts.prod]: "),
        Closed("test", AccountError("No role.", "Set one."), "[accounts.test]: "),
    ]
    assert NoAccountError(same).report == (
        "[accounts.prod]: No credentials.\n[accounts.test]: No role.\n→ Set one."
    )
    other = [same[0], replace(same[1], error=AccountError("No role.", "Name it."))]
    assert NoAccountError(other).report == (
        "[accounts.prod]: No credentials.\n→ Set one.\n[accounts.test]: No role.\n→ Name it."
    )
