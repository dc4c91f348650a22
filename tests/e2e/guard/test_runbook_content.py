"""What a target runs is what the settings define, whatever somebody adds to the document."""

import json
from typing import Any

import pytest

from tests.support.account import REGIONS, deploy

pytestmark = pytest.mark.long

REGION = REGIONS[0]


def version_that_does_nothing(content: str) -> str:
    """Return the content of a runbook that ends at once."""
    document = json.loads(content)
    document["mainSteps"] = [
        {"name": "Nothing", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}, "isEnd": True}
    ]
    return json.dumps(document)


def test_an_edited_document_changes_no_rescue(account):
    """Another version, and it is the default one: the target names the first."""
    ssm = account.sandbox.client("ssm", REGION)
    name = account.document(REGION)
    content = ssm.get_document(Name=name, DocumentFormat="JSON")["Content"]
    edited = ssm.update_document(
        Name=name,
        Content=version_that_does_nothing(content),
        DocumentVersion="$LATEST",
        DocumentFormat="JSON",
    )["DocumentDescription"]["DocumentVersion"]
    ssm.update_document_default_version(Name=name, DocumentVersion=edited)
    try:
        key = account.create_key(REGION)["KeyId"]
        account.schedule(REGION, key)
        (execution,) = account.executions(key)
        assert (execution.document, execution.document_version) == (name, "1")
        assert account.state(REGION, key) == "Disabled"
    finally:
        ssm.update_document_default_version(Name=name, DocumentVersion="1")
        ssm.delete_document(Name=name, DocumentVersion=edited)


def test_a_setting_that_is_changed_and_changed_back_has_its_effect(sandbox, tmp_path):
    """re_enable on, off, and on again: each deployment is what the next rescue does."""
    sandbox.reset()
    small: dict[str, Any] = {
        "REPRIEVE_REGIONS__WATCH": REGION,
        "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
        "REPRIEVE_RELIABILITY__ALARMS": "false",
        "REPRIEVE_PATROL__ENABLED": "false",
    }
    states = []
    for value in ("true", "false", "true"):
        deployment = deploy(sandbox, tmp_path, **small, REPRIEVE_REMEDIATION__RE_ENABLE=value)
        key = sandbox.client("kms", REGION).create_key()["KeyMetadata"]["KeyId"]
        sandbox.client("kms", REGION).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        sandbox.settle()
        described = sandbox.client("kms", REGION).describe_key(KeyId=key)
        states.append(described["KeyMetadata"]["KeyState"])
        assert deployment.plan() == {}
    assert states == ["Enabled", "Disabled", "Enabled"]
