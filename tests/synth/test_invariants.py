"""What holds for every stack that is synthesised."""

import json
import re
from pathlib import Path

import pytest

from reprieve import __version__
from reprieve.events.transformer import Transformer
from reprieve.regions import DEFAULT_REGIONS, alias, known_regions
from stacks.cdk import literal
from tests.support.synth import of_type, resources

PROJECT = Path(__file__).resolve().parents[2]


def transformers(stack):
    """Return the input transformers of a stack: every target has one but an event bus."""
    targets = of_type(stack, "aws_cloudwatch_event_target")
    without = [each for each in targets if "input_transformer" not in each]
    assert without == [each for each in targets if ":event-bus/" in each["arn"]]
    return [each["input_transformer"] for each in targets if each not in without]


def test_every_resource_names_the_alias_of_a_provider(stack):
    """A resource without one would silently go to whatever Region the environment names."""
    aliases = {f"aws.{provider['alias']}" for provider in stack["provider"]["aws"]}
    strays = {
        address: body.get("provider")
        for address, body in resources(stack).items()
        if body.get("provider") not in aliases
    }
    assert strays == {}


def test_every_resource_stands_in_the_region_that_its_address_names(stack):
    """A guard's resources carry the alias of their own Region; account-wide ones the home's."""
    for address, body in resources(stack).items():
        region = address.split(".")[-1].split("_")[0]
        expected = region if region in known_regions("aws") else "us-east-1"
        assert body["provider"] == f"aws.{alias(expected)}", address


def test_no_provider_goes_without_an_alias(stack):
    """The home Region is an alias like any other; no provider is the default one."""
    assert [provider for provider in stack["provider"]["aws"] if "alias" not in provider] == []


def test_every_region_of_the_partition_has_an_alias_watched_or_not(two_regions):
    """Without the alias, taking a Region out of the settings would break the next plan."""
    providers = {p["alias"]: p["region"] for p in two_regions["provider"]["aws"]}
    assert {alias(region): region for region in known_regions("aws")} == providers


def test_every_provider_adds_the_tags(synth):
    """So that no resource lacks them, whatever creates it; the version is always among them."""
    stack = synth(REPRIEVE_RESOURCES__TAGS="Team=security")
    tags = {"Team": "security", "reprieve:version": __version__}
    assert [p["default_tags"] for p in stack["provider"]["aws"]] == (
        [[{"tags": tags}]] * len(known_regions("aws"))
    )


def test_providers_hold_nothing_but_their_region_and_tags(stack):
    """The same JSON goes to AWS and to the sandbox: no endpoint, no skip_…, no credential."""
    keys = {key for provider in stack["provider"]["aws"] for key in provider}
    assert keys == {"alias", "default_tags", "region"}


def test_the_order_of_settings_changes_nothing(synth):
    """Ids come from names, never from a position in a list."""
    one = synth(
        REPRIEVE_REGIONS__WATCH="eu-west-1,us-east-1,sa-east-1",
        REPRIEVE_NOTIFY__EMAILS="a@example.com,b@example.com",
        REPRIEVE_NOTIFY__THREATS="key-deletion-scheduled,key-gone",
    )
    other = synth(
        REPRIEVE_REGIONS__WATCH="sa-east-1,us-east-1,eu-west-1",
        REPRIEVE_NOTIFY__EMAILS="b@example.com,a@example.com",
        REPRIEVE_NOTIFY__THREATS="key-gone,key-deletion-scheduled",
    )
    assert one["resource"] == other["resource"]
    assert one["output"] == other["output"]


def test_a_region_more_changes_nothing_of_the_others_but_one_patrol(synth, two_regions):
    """Three Regions are the two, and one more, whose guard another Region's patrol checks."""
    three = resources(synth(REPRIEVE_REGIONS__WATCH="eu-west-1,us-east-1,sa-east-1"))
    two = resources(two_regions)
    assert {address for address in two if two[address] != three.get(address)} == {
        address
        for address in two
        if ".eu-west-1_reprieve-patrol_" in address
        or re.search(r"target\.eu-west-1_patrol(-daily)?-remediation_", address)
    }
    added = {address.split(".")[1].split("_")[0] for address in three.keys() - two.keys()}
    assert added == {"sa-east-1"}


@pytest.mark.parametrize(
    ("home", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_other_partitions_have_their_own_arns(synth, home, partition):
    """No ARN names the commercial partition where the Regions are of another."""
    text = json.dumps(synth(REPRIEVE_REGIONS__HOME=home)["resource"])
    assert set(re.findall(r"arn:([\w-]+):", text)) == {partition}


def test_no_arn_of_a_fixed_partition_is_written_in_the_code():
    """`arn:aws:` is a literal only in tests and examples."""
    offenders = [
        f"{path.name}:{number}"
        for folder in ("stacks", "reprieve")
        for path in sorted((PROJECT / folder).glob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "arn:aws:" in line
    ]
    assert offenders == []


def test_what_eventbridge_reads_is_plain_json(stack):
    """Terraform's jsonencode would escape the angle brackets of `<name>`; the text has them."""
    for transformer in transformers(stack):
        template = transformer["input_template"]
        assert "jsonencode" not in template
        assert "\\u003c" not in template
        lines = [template] if template.startswith("{") else template.splitlines()
        assert [line for line in lines if not json.loads(line)] == []
    rules = of_type(stack, "aws_cloudwatch_event_rule")
    assert [rule for rule in rules if "event_pattern" not in rule] == [
        rule for rule in rules if "schedule_expression" in rule
    ]
    for rule in rules:
        json.loads(rule.get("event_pattern", "{}"))


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("${path.root}", "$${path.root}"),
        ("%{ if true }", "%%{ if true }"),
        ("$5 and 5% {off}", "$5 and 5% {off}"),
    ],
)
def test_users_text_starts_no_interpolation(text, escaped):
    """`${` and `%{` are text; what only looks like them stays as it is."""
    assert escaped == literal(text)


def test_an_address_with_an_interpolation_in_it_stays_text(synth):
    """A local part may hold `$`, `{` and `}` (RFC 5322); no `${` reaches Terraform unescaped."""
    stack = synth(REPRIEVE_NOTIFY__EMAILS="a${b}@example.com", REPRIEVE_REGIONS__WATCH="eu-west-1")
    subscriptions = stack["resource"]["aws_sns_topic_subscription"]
    assert [body["endpoint"] for body in subscriptions.values()] == ["a$${b}@example.com"]
    assert re.findall(r"(?<!\$)\$\{b", json.dumps(stack)) == []


def test_transformers_stay_within_eventbridges_limits(stack):
    """At most 100 paths, a template of 8,192 characters, and each `<name>` has its path."""
    for given in transformers(stack):
        transformer = Transformer(given["input_paths"], given["input_template"])
        assert len(transformer.paths) <= 100
        assert len(transformer.template) <= 8192
        assert set(re.findall(r"<([\w-]+)>", transformer.template)) == set(transformer.paths)


def test_default_settings_watch_the_17_regions_that_every_account_has(stack):
    """There is a topic of the alerts in each."""
    topics = stack["resource"]["aws_sns_topic"].values()
    providers = {topic["provider"] for topic in topics if topic["name"] == "reprieve-alerts"}
    assert providers == {f"aws.{alias(region)}" for region in DEFAULT_REGIONS}


def test_the_outputs_are_one_line_however_many_regions_there_are(stack):
    """`cdktf deploy` prints them twice, and breaks long values."""
    ((name, output),) = stack["output"].items()
    assert name == "alert_topics"
    assert re.fullmatch(
        r"arn:aws:sns:REGION:\$\{data\.aws_caller_identity\.\w+\.account_id}:reprieve-alerts",
        output["value"],
    )
