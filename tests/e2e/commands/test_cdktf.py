"""The way that users take: the cdktf command line, from the first deployment to the end."""

import json
import subprocess
import sys

import pytest

from reprieve import __version__
from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import PROJECT, STACK, Deployment
from stacks import lock_file
from tests.support.operator import user_allowed

REGIONS = ("eu-west-1", "sa-east-1")
SETTINGS = {
    "REPRIEVE_REGIONS__WATCH": ",".join(REGIONS),
    "REPRIEVE_REMEDIATION__ADAPTIVE_CONCURRENCY": "true",
    "TF_AWS_DEFAULT_TAGS_Owner": "security",
}
TAGS = [
    {"Key": "Owner", "Value": "security"},
    {"Key": "reprieve:version", "Value": __version__},
]


@pytest.fixture(scope="module")
def deployed(sandbox, tmp_path_factory):
    """Deploy through cdktf, with the project's lock file, and with no right but the documented."""
    directory = tmp_path_factory.mktemp("cdktf")
    deployment = Deployment(sandbox, directory, settings=SETTINGS, locked=True)
    deployer = user_allowed(sandbox, SETTINGS, "deploy")
    deployment.settings.update(deployer.credentials)
    deployment.cdktf("deploy", STACK, "--auto-approve")
    return deployment


def test_the_outputs_are_one_line(deployed):
    """However many Regions there are: cdktf prints them twice after each deployment."""
    topics = f"arn:aws:sns:REGION:{ACCOUNT_ID}:reprieve-alerts"
    assert deployed.terraform("output").splitlines() == [f'alert_topics = "{topics}"']


def test_an_account_that_demands_tags_gets_them(deployed, sandbox):
    """From the provider's own variable; the documented policy of a deployment allows it."""
    arn = sandbox.client("sns", REGIONS[0]).list_topics()["Topics"][0]["TopicArn"]
    tags = sandbox.client("sns", REGIONS[0]).list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert sorted(tags, key=lambda tag: tag["Key"]) == TAGS
    role = sandbox.client("iam", REGIONS[0]).get_role(RoleName="reprieve-automation")["Role"]
    assert sorted(role["Tags"], key=lambda tag: tag["Key"]) == TAGS


@pytest.fixture
def reader(deployed, sandbox):
    """The same deployment for somebody who may plan, and no more."""
    deployer = dict(deployed.settings)
    deployed.settings.update(user_allowed(sandbox, SETTINGS, "plan").credentials)
    yield deployed
    deployed.settings.update(deployer)


def test_a_key_is_rescued(deployed, sandbox):
    """In each Region."""
    for region in REGIONS:
        kms = sandbox.client("kms", region)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.schedule_key_deletion(KeyId=key)
        sandbox.settle()
        assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_the_next_diff_is_empty_with_the_locked_provider(reader):
    """Terraform found nothing to add to the lock file, nor cdktf a need to ask for another."""
    reader.cdktf("diff", STACK)
    assert reader.planned_changes() == {}
    used = (reader.stack_directory / lock_file.NAME).read_text()
    assert used == (PROJECT / lock_file.NAME).read_text()


def topics(deployment):
    """Return the addresses of the topics in the synthesised stack, one per Region."""
    stack = json.loads((deployment.stack_directory / "cdk.tf.json").read_text())
    found = [f"aws_sns_topic.{name}" for name in stack["resource"]["aws_sns_topic"]]
    assert len(REGIONS) == len(found)
    return found


def synthesise_renamed(deployment, *former):
    """Synthesise with other names for the topics; `former` are the addresses they move from."""
    subprocess.run(
        [sys.executable, PROJECT / "tests/e2e/commands/renamed_app.py", *former],
        cwd=deployment.directory,
        env=deployment.environment() | {"PYTHONPATH": str(PROJECT)},
        check=True,
    )


def test_a_rename_with_a_moved_block_plans_nothing(deployed):
    """Without one the topic would be destroyed, and each person asked to subscribe again."""
    former = topics(deployed)
    synthesise_renamed(deployed)
    changes = deployed.plan()
    assert all(["delete"] == changes[address] for address in former)

    synthesise_renamed(deployed, *former)
    assert deployed.plan() == {}
    # Not because nothing was renamed.
    assert set(former).isdisjoint(topics(deployed))


def test_destroy_leaves_nothing(deployed, sandbox):
    """In no Region, and nothing of what is once per account."""
    deployed.cdktf("destroy", STACK, "--auto-approve")
    for region in REGIONS:
        assert sandbox.client("sns", region).list_topics()["Topics"] == []
        assert sandbox.client("events", region).list_rules()["Rules"] == []
    assert sandbox.client("iam", "us-east-1").list_roles()["Roles"] == []
