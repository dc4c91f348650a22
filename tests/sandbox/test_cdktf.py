"""The way that users take: the cdktf command line."""

from sandbox.deployment import STACK, Deployment

REGIONS = ("eu-west-1", "sa-east-1")


def test_deploy_diff_and_destroy_through_cdktf(sandbox, tmp_path):
    """Deployed by cdktf a key is rescued, the next diff is empty, and destroy leaves nothing."""
    deployment = Deployment(
        sandbox, tmp_path, settings={"REPRIEVE_REGIONS__WATCH": ",".join(REGIONS)}
    )
    deployment.cdktf("deploy", STACK, "--auto-approve")
    for region in REGIONS:
        kms = sandbox.client("kms", region)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.schedule_key_deletion(KeyId=key)
        sandbox.settle()
        assert "Disabled" == kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]

    deployment.cdktf("diff", STACK)
    assert {} == deployment.planned_changes()

    deployment.cdktf("destroy", STACK, "--auto-approve")
    for region in REGIONS:
        assert [] == sandbox.client("sns", region).list_topics()["Topics"]
        assert [] == sandbox.client("events", region).list_rules()["Rules"]
    assert [] == sandbox.client("iam", "us-east-1").list_roles()["Roles"]
