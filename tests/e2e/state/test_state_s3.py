"""The state in S3, with the real terraform: moved there, shared, locked, and given up again."""

import json
import os
import pwd
import re
import socket
from dataclasses import dataclass

import pytest
from moto.s3.responses import S3Response

from sandbox.core.patching import wrap
from sandbox.deployment import PROJECT, STACK, Deployment
from sandbox.iam.policy_evaluator import Request, decide
from sandbox.processes import CommandFailed
from tests.support.state import (
    PROMPT,
    SMALL,
    addresses,
    applying,
    lock_id,
    reviewed,
    state,
    wait_until,
)

pytestmark = pytest.mark.long

REGION = "eu-west-1"
BUCKET = "reprieve-state-111122223333"
KEY = "reprieve/reprieve.tfstate"
S3 = {
    "REPRIEVE_STATE__BACKEND": "s3",
    "REPRIEVE_STATE__BUCKET": BUCKET,
    "REPRIEVE_STATE__REGION": REGION,
}


@dataclass
class Moved:
    """A deployment whose state was moved from a file to S3, and what there was before."""

    deployment: Deployment
    before: dict

    @property
    def local_file(self):
        """Where the state was."""
        return self.deployment.directory / "terraform.reprieve.tfstate"


@pytest.fixture(scope="module")
def local(sandbox, deployments, tmp_path_factory):
    """Deploy with a local state."""
    return deployments.account(sandbox, tmp_path_factory.mktemp("moved"), **SMALL).deployment


@pytest.fixture(scope="module")
def s3(sandbox, local):
    """Return a client; there is a bucket as docs/state.md recommends it."""
    client = sandbox.client("s3", REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


ACTIONS = {
    "GET": "s3:GetObject",
    "HEAD": "s3:GetObject",
    "PUT": "s3:PutObject",
    "DELETE": "s3:DeleteObject",
}


@pytest.fixture(scope="module")
def calls(s3):
    """Return what terraform asks of S3, as it does: (access key, action, resource's ARN)."""
    seen = set()

    def around(answer):
        def recorded(self, request, *arguments, **options):
            (by,) = re.findall(r"Credential=(\w+)/", request.headers["Authorization"])
            path = request.path.strip("/")
            action = ACTIONS[request.method] if "/" in path else "s3:ListBucket"
            if "Terraform" in request.headers.get("User-Agent", ""):
                seen.add((by, action, f"arn:aws:s3:::{path}"))
            return answer(self, request, *arguments, **options)

        return recorded

    names = ("key_response", "bucket_response")
    undo = [wrap(S3Response, name, around) for name in names]
    yield seen
    for each in reversed(undo):
        each()


@pytest.fixture(scope="module")
def moved(local, s3, calls):
    """Move the local state to S3 as docs/state.md says."""
    before = state(local)
    local.settings.update(S3)
    local.synth()
    local.terraform("init", "-migrate-state", "-force-copy")
    return Moved(local, before)


@pytest.fixture
def colleague(sandbox, moved, tmp_path):
    """Return a second working directory for the same state, as of somebody else."""
    deployment = Deployment(sandbox, tmp_path / "colleague", settings=moved.deployment.settings)
    deployment.synth()
    deployment.init()
    return deployment


def keys(s3):
    """Return the keys of all objects in the bucket."""
    return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_moving_from_local_to_s3_loses_nothing(moved, s3):
    """The same resources are in S3, no lock is left, nothing is planned, and the file stays."""
    stored = json.loads(s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read())
    assert moved.before["resources"] == stored["resources"]
    assert moved.before["outputs"] == stored["outputs"]
    assert keys(s3) == [KEY]
    assert moved.deployment.plan() == {}
    assert moved.before == json.loads(moved.local_file.read_text())


def test_a_colleague_sees_what_is_deployed(moved, colleague):
    """From another working directory the plan is empty too, and a change is seen as one."""
    assert addresses(moved.deployment) == addresses(colleague)
    assert colleague.plan() == {}
    colleague.settings["REPRIEVE_NOTIFY__EMAILS"] = "security@example.com,oncall@example.com"
    colleague.synth()
    assert list(colleague.plan().values()) == [["create"]]


def test_of_two_runs_the_second_is_locked_out_and_told_by_whom(moved, colleague, tmp_path):
    """While somebody looks at a plan nobody else plans; terraform says who holds the lock."""
    moved.deployment.settings["REPRIEVE_NOTIFY__EMAILS"] = "oncall@example.com"
    moved.deployment.synth()
    output = tmp_path / "output"
    with applying(moved.deployment, output) as first:
        wait_until(first, lambda: PROMPT in output.read_text())
        with pytest.raises(CommandFailed) as refused:
            colleague.plan()
        complaint = str(refused.value)
        assert "Error acquiring the state lock" in complaint
        who = f"{pwd.getpwuid(os.getuid()).pw_name}@{socket.gethostname()}"
        assert who in complaint
        assert "OperationTypeApply" in complaint
        first.communicate("no\n")
    moved.deployment.settings.pop("REPRIEVE_NOTIFY__EMAILS")
    moved.deployment.synth()
    assert colleague.plan() == {}


def test_a_run_killed_between_plan_and_apply_loses_nothing(moved, colleague, s3, tmp_path):
    """Its lock stays; force-unlock, with the id that terraform tells, takes it away."""
    before = state(moved.deployment)
    moved.deployment.settings["REPRIEVE_NOTIFY__EMAILS"] = "oncall@example.com"
    moved.deployment.synth()
    output = tmp_path / "output"
    with applying(moved.deployment, output) as killed:
        wait_until(killed, lambda: PROMPT in output.read_text())
        killed.kill()
    moved.deployment.settings.pop("REPRIEVE_NOTIFY__EMAILS")
    moved.deployment.synth()
    assert keys(s3) == [KEY, f"{KEY}.tflock"]
    with pytest.raises(CommandFailed) as refused:
        colleague.plan()
    colleague.terraform("force-unlock", "-force", lock_id(str(refused.value)))
    assert keys(s3) == [KEY]
    assert before == state(colleague)
    assert colleague.plan() == {}


def test_a_key_encrypts_the_state_and_a_role_writes_it(sandbox, s3, calls, moved, tmp_path):
    """Terraform takes both settings, and does with them what they say."""
    key = sandbox.client("kms", REGION).create_key()["KeyMetadata"]["Arn"]
    iam = sandbox.client("iam", REGION)
    trust = {"Version": "2012-10-17", "Statement": []}
    role = iam.create_role(
        RoleName="reprieve-state", Path="/teams/", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]["Arn"]
    settings = {
        "REPRIEVE_STATE__KEY": "teams/security.tfstate",
        "REPRIEVE_STATE__KMS_KEY_ID": key,
        "REPRIEVE_STATE__ROLE_ARN": role,
    }
    deployment = Deployment(sandbox, tmp_path / "role", settings=SMALL | S3 | settings)
    deployment.synth()
    calls.clear()
    deployment.init()
    (tmp_path / "state.json").write_text(json.dumps(moved.before))
    deployment.terraform("state push", str(tmp_path / "state.json"))
    written = s3.head_object(Bucket=BUCKET, Key="teams/security.tfstate")
    assert ("aws:kms", key) == (written["ServerSideEncryption"], written["SSEKMSKeyId"])
    assert {access_key.startswith("ASIA") for access_key, _, _ in calls} == {True}
    s3.delete_object(Bucket=BUCKET, Key="teams/security.tfstate")
    iam.delete_role(RoleName="reprieve-state")


def test_the_policy_of_the_docs_allows_what_terraform_does_and_no_more(moved, calls):
    """Each call of a plan and a change of state is allowed, and nothing is that is never called."""
    page = (PROJECT / "docs/state.md").read_text(encoding="utf-8")
    (policy,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    calls.clear()
    assert moved.deployment.plan() == {}
    (address,) = (each for each in addresses(moved.deployment) if "sns_topic." in each)
    moved.deployment.terraform("taint", address)
    moved.deployment.terraform("untaint", address)
    done = {(action, resource) for _, action, resource in calls}
    assert len(done) == 6
    for action, resource in done:
        assert decide([policy], Request(action, resource)) == "allow", (action, resource)
    granted = {
        (action, statement["Resource"])
        for statement in policy["Statement"]
        for action in statement["Action"]
    }
    assert done == granted


def test_reprieve_diff_only_reads_the_state(moved, calls):
    """What docs/state.md says is enough for those who plan and never deploy."""
    calls.clear()
    assert reviewed(moved.deployment) == "no changes\n"
    assert {(action, resource) for _, action, resource in calls} == {
        ("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"),
        ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/{KEY}"),
    }


def test_change_diff_deploy_and_destroy(moved, s3, sandbox):
    """The life of a state in S3, to its end, with the cdktf command line."""
    deployment = moved.deployment
    deployment.settings["REPRIEVE_NOTIFY__EMAILS"] = "security@example.com,oncall@example.com"
    deployment.cdktf("diff", STACK)
    assert list(deployment.planned_changes().values()) == [["create"]]
    deployment.cdktf("deploy", STACK, "--auto-approve")
    deployment.cdktf("diff", STACK)
    assert deployment.planned_changes() == {}
    deployment.cdktf("destroy", STACK, "--auto-approve")
    assert sandbox.client("sns", REGION).list_topics()["Topics"] == []
    assert addresses(deployment) == []
    assert keys(s3) == [KEY]
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix=KEY)["Versions"]
    assert 1 < len([version for version in versions if version["Key"] == KEY])
