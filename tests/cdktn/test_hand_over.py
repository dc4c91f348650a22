"""CDKTF and CDK Terrain deploy with their command lines; each continues with the other's state.

An empty plan of one on the state of the other is what a move needs, in both directions.
"""

import json
import signal
import subprocess
import time

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import CDK_VARIABLE, STACK, Deployment, cdktf_command, deployer
from sandbox.processes import CommandFailed, run, tool
from tests.support.state import addresses, reviewed

REGION = "eu-west-1"
SETTINGS = {"REPRIEVE_REGIONS__WATCH": REGION}
CDKS = ("cdktf", "cdktn")
APPLY = ("--auto-approve", "--terraform-parallelism", "40")


def using(deployment, cdk):
    """Let a deployment use a CDK from now on, and forget what the other one synthesised."""
    deployment.settings[CDK_VARIABLE] = cdk
    return deployment


def planned(deployment, cdk):
    """Plan with the command line of a CDK; return what it printed, and the changes of its plan."""
    printed = using(deployment, cdk).cdktf("diff", STACK)
    stack = json.loads((deployment.stack_directory / "cdk.tf.json").read_text())
    version = stack["//"]["metadata"]["version"]
    assert version == {"cdktf": "0.21.0", "cdktn": "0.24.0"}[cdk]  # it is the one that was meant
    return printed, deployment.planned_changes()


@pytest.fixture(scope="module", params=CDKS)
def deployed(request, sandbox, tmp_path_factory):
    """Deploy the whole guard of a Region with one CDK; at the end the other one destroys it."""
    sandbox.reset()
    directory = tmp_path_factory.mktemp(request.param)
    deployment = Deployment(sandbox, directory, settings=deployer(sandbox) | SETTINGS)
    using(deployment, request.param).cdktf("deploy", STACK, *APPLY)
    return deployment


@pytest.fixture
def first(deployed):
    """Return the name of the CDK that deployed, whatever was used since then."""
    return deployed.directory.name.rstrip("0123456789")


@pytest.fixture
def other(first):
    """Return the name of the one that did not."""
    return next(each for each in CDKS if each != first)


def test_the_next_plan_is_empty(deployed, first):
    """With the CDK that deployed."""
    printed, changes = planned(deployed, first)
    assert changes == {}
    assert "No changes." in printed


def test_the_others_plan_is_empty_too(deployed, first, other):
    """On the same state, without a step between; and back again."""
    before = addresses(deployed)
    assert len(before) > 50
    for cdk in (other, first):
        printed, changes = planned(deployed, cdk)
        assert changes == {}, cdk
        assert "No changes." in printed
    assert addresses(deployed) == before


def test_reprieve_diff_finds_nothing(deployed, other):
    """The command synthesises with the CDK that the environment chooses."""
    assert reviewed(using(deployed, other)) == "no changes\n"


def test_terraform_alone_goes_on(deployed, tmp_path):
    """The way out: the JSON in a folder of its own, without a CDK. docs/cdktf.md."""
    deployed.synth()
    stack = json.loads((deployed.stack_directory / "cdk.tf.json").read_text())
    stack["terraform"]["backend"]["local"]["path"] = str(
        deployed.directory / "terraform.reprieve.tfstate"
    )
    (tmp_path / "cdk.tf.json").write_text(json.dumps(stack))

    def terraform(*arguments):
        return run([tool("terraform"), *arguments], tmp_path, deployed.environment())

    terraform("init")
    assert "No changes." in terraform("plan", "-no-color", "-detailed-exitcode")


def test_a_key_is_rescued(deployed, sandbox):
    """What was deployed works."""
    kms = sandbox.client("kms", REGION)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    sandbox.settle()
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_the_other_deploys_a_change_and_destroys(deployed, sandbox, first, other):
    """And the one that deployed first agrees with the change. Nothing stays."""
    deployed.settings["REPRIEVE_RELIABILITY__STORM_THRESHOLD"] = "20"
    using(deployed, other).cdktf("deploy", STACK, *APPLY)
    alarm = sandbox.client("cloudwatch", REGION).describe_alarms(AlarmNames=["reprieve-storm"])[
        "MetricAlarms"
    ]
    assert [each["Threshold"] for each in alarm] == [20]
    assert planned(deployed, first)[1] == {}
    using(deployed, other).cdktf("destroy", STACK, *APPLY)
    assert addresses(deployed) == []
    assert sandbox.client("events", REGION).list_rules()["Rules"] == []


@pytest.mark.parametrize("cdk", CDKS)
def test_hcl_is_no_way_out(sandbox, tmp_path, cdk):
    """`synth --hcl` leaves quotation marks unescaped: Terraform cannot read it. docs/cdktf.md."""
    deployment = using(Deployment(sandbox, tmp_path, settings=dict(SETTINGS)), cdk)
    deployment.cdktf("synth", "--hcl")
    (file,) = deployment.stack_directory.glob("*.tf")
    assert 'assume_role_policy = "{" Version ": "' in file.read_text()
    with pytest.raises(CommandFailed, match="Missing newline after argument"):
        deployment.terraform("init", "-backend=false")


BUCKET = f"reprieve-state-{ACCOUNT_ID}"
KEY = "reprieve/reprieve.tfstate"


def test_an_interrupted_deployment_of_cdktn_keeps_the_state_and_no_lock(sandbox, tmp_path):
    """cdktn-cli lets terraform finish. cdktf-cli needs tools/cdktf_interrupt.py to wait for it."""
    sandbox.reset()
    s3 = sandbox.client("s3", REGION)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    state = {
        "REPRIEVE_STATE__BACKEND": "s3",
        "REPRIEVE_STATE__BUCKET": BUCKET,
        "REPRIEVE_STATE__REGION": REGION,
        "REPRIEVE_PATROL__ENABLED": "false",
        CDK_VARIABLE: "cdktn",
    }
    deployment = Deployment(sandbox, tmp_path, settings=deployer(sandbox) | SETTINGS | state)

    def objects():
        return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    process = subprocess.Popen(
        [cdktf_command("cdktn"), "deploy", STACK, "--auto-approve", "--skip-provider-lock"],
        cwd=tmp_path,
        env=deployment.environment() | {"CI": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # As soon as a resource exists, terraform is in the middle of its work.
    events = sandbox.client("events", REGION)
    while not events.list_rules()["Rules"]:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    assert f"{KEY}.tflock" in objects()
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate()
    assert objects() == [KEY], printed
    # Whatever it had begun is in the state: the next deployment creates none of it again.
    deployment.cdktf("deploy", STACK, *APPLY)
    assert deployment.plan() == {}
