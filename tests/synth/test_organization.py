"""The stack with the stack sets that deploy to the accounts of an organization."""

import json

import pytest

from reprieve.settings.loader import load
from stacks.account import add_account
from stacks.cdk import App

SETTINGS = """
[notify]
emails = ["security@example.com"]
topology = "hub"
hub = { account = "security", region = "eu-west-1", organization_id = "o-exampleorgid" }

[regions]
watch = ["ap-south-1", "eu-west-1"]

[organization]
engine = "stacksets"
organizational_units = ["ou-abcd-11111111", "ou-abcd-22222222"]
exclude_accounts = ["444455556666"]
"""
ACCOUNTS = """
[accounts.security]
id = "111122223333"

[accounts.shop]
id = "222233334444"
"""
SET, INSTANCE = "aws_cloudformation_stack_set", "aws_cloudformation_stack_set_instance"


def synthesised(folder, more="", common=""):
    """Return the stack of the stack sets. `more` is added to [organization]."""
    (folder / "reprieve.toml").write_text(common + SETTINGS + more + ACCOUNTS)
    app = App(outdir=str(folder / "out"))
    for account in load({}, folder).accounts:
        add_account(app, account)
    app.synth()
    file = folder / "out/stacks/reprieve-security-organization/cdk.tf.json"
    return json.loads(file.read_text())


def path(resource):
    """Return the last part of a resource's path: unlike its address, it has no hash."""
    return resource["//"]["metadata"]["path"].rpartition("/")[2]


def waits(stack):
    """Return the path of what each resource waits for, by its own, directly or not."""
    found = {
        f"{type}.{name}": body
        for kind in ("resource", "data")
        for type, named in stack[kind].items()
        for name, body in named.items()
        if "//" in body
    }
    known = {address.removeprefix("data."): body for address, body in found.items()}
    direct = {
        address: [each.removeprefix("data.") for each in body.get("depends_on", [])]
        for address, body in known.items()
    }

    def reached(address):
        return {
            every
            for each in direct.get(address, [])
            if each in known
            for every in {path(known[each]), *reached(each)}
        }

    return {path(body): reached(address) for address, body in known.items()}


def test_the_manifest_puts_the_stack_after_the_hub(tmp_path):
    """`cdktf deploy` keeps this order."""
    synthesised(tmp_path)
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())["stacks"]
    found = manifest["reprieve-security-organization"]
    assert found["dependencies"] == ["reprieve-security"]
    assert "reprieve-shop-organization" not in manifest


def test_each_unit_and_region_is_a_resource(tmp_path):
    """The roles are deployed in the home Region, which need not be watched."""
    instances = synthesised(tmp_path)["resource"][INSTANCE].values()
    units = ("ou-abcd-11111111", "ou-abcd-22222222")
    regions = {"roles": ["us-east-1"], "guard": ["ap-south-1", "eu-west-1", "us-east-1"]}
    assert sorted(map(path, instances)) == sorted(
        f"{id}-{unit}-{region}" for id in regions for unit in units for region in regions[id]
    )
    for each in instances:
        (target,) = [each["deployment_targets"]]
        assert target["account_filter_type"] == "DIFFERENCE"
        assert target["accounts"] == ["111122223333", "222233334444", "444455556666"]
        assert each["call_as"] == "DELEGATED_ADMIN"


def test_no_change_of_targets_or_preferences_replaces_an_instance(tmp_path):
    """The provider would delete the guards of all accounts first."""
    for each in synthesised(tmp_path)["resource"][INSTANCE].values():
        ignored = each["lifecycle"]["ignore_changes"]
        assert ignored == ["deployment_targets", "operation_preferences"]
        assert each["stack_set_name"] in ("reprieve-roles", "reprieve-guard")


def test_the_roles_come_first_and_the_hub_before_them(tmp_path):
    """And one Region after the other."""
    found = waits(synthesised(tmp_path))
    assert "hub" in found["roles-set"]
    unit = "ou-abcd-11111111"
    assert {f"roles-{unit}-us-east-1", "hub"} <= found["guard-set"]
    assert f"guard-{unit}-ap-south-1" in found[f"guard-{unit}-eu-west-1"]
    assert f"guard-{unit}-eu-west-1" not in found[f"guard-{unit}-ap-south-1"]


def test_regions_and_units_without_and_with_managed_execution(tmp_path):
    """Without it, an operation fails while another one is running: one instance after the other."""
    one, two = "guard-ou-abcd-11111111-eu-west-1", "guard-ou-abcd-22222222-eu-west-1"
    found = waits(synthesised(tmp_path, "parallel_regions = true\n"))
    assert "guard-ou-abcd-11111111-ap-south-1" not in found[one]
    assert one not in found[two]
    found = waits(synthesised(tmp_path, "managed_execution = false\n"))
    assert one in found[two]


def test_the_template_is_in_a_private_bucket(tmp_path):
    """Terraform reads no part of it as a template of its own."""
    stack = synthesised(tmp_path)["resource"]
    (closed,) = stack["aws_s3_bucket_public_access_block"].values()
    assert all(closed[each] for each in closed if each.startswith(("block", "ignore", "restrict")))
    for each in stack[SET].values():
        (object,) = (o for o in stack["aws_s3_object"].values() if each["name"] in o["key"])
        assert each["template_url"] == (
            f"https://reprieve-templates-111122223333.s3.eu-west-1.amazonaws.com/{object['key']}"
        )
        assert "${" not in object["content"].replace("$${", "")


def test_another_template_gets_another_key(tmp_path):
    """Otherwise Terraform would not update the stack set."""

    def keys(folder, common=""):
        folder.mkdir()
        objects = synthesised(folder, common=common)["resource"]["aws_s3_object"].values()
        return {path(each): each["key"] for each in objects}

    before = keys(tmp_path / "a")
    after = keys(tmp_path / "b", "[patrol]\nevery = '1 day'\n")
    assert before["roles-template"] == after["roles-template"]
    assert before["guard-template"] != after["guard-template"]
    assert keys(tmp_path / "c") == before


def test_a_bucket_of_ones_own(tmp_path):
    """Reprieve creates none then."""
    stack = synthesised(tmp_path, 'template_bucket = "example-templates"\n')["resource"]
    assert "aws_s3_bucket" not in stack
    assert {each["bucket"] for each in stack["aws_s3_object"].values()} == {"example-templates"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", {"max_concurrent_percentage": 10, "failure_tolerance_percentage": 10}),
        (
            "concurrent_accounts = 50\ntolerated_failures = 0\n",
            {"max_concurrent_count": 50, "failure_tolerance_count": 0},
        ),
    ],
)
def test_the_operation_preferences(tmp_path, more, expected):
    """A number or a percentage."""
    stack = synthesised(tmp_path, more)["resource"]
    for each in stack[SET].values():
        assert each["operation_preferences"] == expected | {"region_concurrency_type": "SEQUENTIAL"}
    mode = {"concurrency_mode": "SOFT_FAILURE_TOLERANCE"}
    for each in stack[INSTANCE].values():
        assert each["operation_preferences"] == expected | mode


def test_the_management_account_acts_for_itself(tmp_path):
    """And retention applies to both ways in which an account leaves."""
    more = "delegated_administrator = false\nretain_stacks = true\n"
    stack = synthesised(tmp_path, more)["resource"]
    for each in (*stack[SET].values(), *stack[INSTANCE].values()):
        assert each["call_as"] == "SELF"
    assert all(each["retain_stack"] for each in stack[INSTANCE].values())
    deployment = {"enabled": True, "retain_stacks_on_account_removal": True}
    assert all(each["auto_deployment"] == deployment for each in stack[SET].values())
