"""The template for an account without Terraform: its parameters, and where its roles are."""

import json

import pytest

from reprieve.guard.resources import content_hash
from reprieve.template.limits import TemplateError
from reprieve.template.standalone import default_settings, standalone_template
from tests.support.cfn_lint import lint_errors
from tests.support.cloudformation import KEY_ID, Deployment
from tests.support.settings import GOOD, read
from tests.support.synth import CHANNELS, toml_of
from tests.support.template import ACCOUNT, HOME, HUB

pytestmark = pytest.mark.slow

EMAIL = {"DestinationEmailAddress": "team@example.com"}
ROLE = {"AutomationAssumeRole": f"arn:aws:iam::{ACCOUNT}:role/KeyRescue"}
TWO_REGIONS = f'{GOOD}[regions]\nwatch = ["{HOME}", "{HUB}"]\n'


@pytest.fixture(scope="module")
def template():
    """Return the template without settings, for two Regions."""
    return standalone_template(default_settings({"REPRIEVE_REGIONS__WATCH": f"{HOME},{HUB}"}))


def of_type(template, type_, region=HUB, **parameters):
    """Return the properties of the resources of a type that a stack creates."""
    resources = Deployment(template.body, region, ACCOUNT, EMAIL | parameters).resources()
    return [each["Properties"] for each in resources.values() if each["Type"] == type_]


@pytest.mark.parametrize(
    "settings",
    [
        "",
        'notify.encryption = "own"\n[remediation]\nre_enable = true\nenable_disabled = true\n'
        f'[exempt]\nkeys = ["arn:aws:kms:{HUB}:{ACCOUNT}:key/{KEY_ID}"]\n',
        f"[patrol]\nenabled = false\n{toml_of('channel', CHANNELS[:4])}",
    ],
    ids=["default", "own key, exempt key", "channels, no patrol"],
)
def test_cfn_lint_reports_nothing(tmp_path, settings):
    """No error and no warning."""
    regions = f'regions.watch = ["{HOME}", "{HUB}"]\n'
    emails = 'notify.emails = ["security@example.com"]\n'
    assert lint_errors(standalone_template(read(tmp_path, f"{emails}{regions}{settings}"))) == []


def test_without_settings_it_is_for_every_region():
    """In opt-in Regions too. Who deploys gives the address; the rest has defaults."""
    template = standalone_template(default_settings({}))
    assert {"af-south-1", "eu-west-1", "us-east-1"} <= {*template.regions}
    assert {name: each.get("Default") for name, each in template.body["Parameters"].items()} == {
        "DestinationEmailAddress": None,
        "SNSTopicName": "reprieve-alerts",
        "EnableRemediation": "true",
        "AutomationAssumeRole": "",
        "HomeRegion": "",
    }
    assert len(template.text.encode()) < 200_000


def test_settings_are_the_defaults_of_the_parameters(tmp_path):
    """The other addresses are part of the template."""
    role = f'automation_role_arn = "{ROLE["AutomationAssumeRole"]}"\n'
    toml = TWO_REGIONS.replace(
        '"security@example.com"', '"security@example.com", "second@example.com"'
    )
    template = standalone_template(read(tmp_path, f"{toml}[remediation]\n{role}"))
    defaults = {name: each["Default"] for name, each in template.body["Parameters"].items()}
    assert defaults["DestinationEmailAddress"] == "security@example.com"
    assert defaults["AutomationAssumeRole"] == ROLE["AutomationAssumeRole"]
    emails = of_type(template, "AWS::SNS::Subscription")
    assert {each["Endpoint"] for each in emails} == {"team@example.com", "second@example.com"}


@pytest.mark.parametrize(
    ("parameters", "roles"),
    [
        ({}, {"reprieve-automation", "reprieve-patrol", "reprieve-eventbridge"}),
        (ROLE, {"reprieve-patrol", "reprieve-eventbridge"}),
        ({"EnableRemediation": "false"}, {"reprieve-patrol", "reprieve-eventbridge"}),
        ({"HomeRegion": HOME}, set()),
        ({"HomeRegion": HUB} | ROLE, {"reprieve-patrol", "reprieve-eventbridge"}),
    ],
)
def test_a_stack_creates_the_roles_unless_another_region_has_them(template, parameters, roles):
    """And no role that nothing assumes."""
    created = of_type(template, "AWS::IAM::Role", HUB, **parameters)
    assert {each["RoleName"] for each in created} == roles


@pytest.mark.parametrize("home", ["", HOME, HUB])
def test_rules_name_the_roles_wherever_they_are_created(template, home):
    """By the same ARN."""
    rules = of_type(template, "AWS::Events::Rule", HUB, HomeRegion=home)
    assert {
        target["RoleArn"] for each in rules for target in each["Targets"] if "RoleArn" in target
    } == {f"arn:aws:iam::{ACCOUNT}:role/reprieve-eventbridge"}


def test_the_key_waits_for_the_roles_in_its_policy(tmp_path):
    """KMS refuses a policy with a role that does not exist yet: a reference states the order."""
    toml = TWO_REGIONS.replace("[regions]", 'encryption = "own"\n[regions]')
    template = standalone_template(read(tmp_path, toml))
    policy = json.dumps(template.body["Resources"]["AlertKey"]["Properties"]["KeyPolicy"])
    for role in ("AutomationRole", "PatrolRole"):
        assert json.dumps({"Fn::GetAtt": [role, "Arn"]}) in policy
    for home in (HUB, HOME):
        (key,) = of_type(template, "AWS::KMS::Key", HUB, HomeRegion=home)
        (roles,) = (
            each["Principal"]["AWS"]
            for each in key["KeyPolicy"]["Statement"]
            if each["Sid"] == "OutcomesAreEncrypted"
        )
        assert roles == [
            f"arn:aws:iam::{ACCOUNT}:role/reprieve-{name}" for name in ("automation", "patrol")
        ]


@pytest.mark.parametrize("settings", [TWO_REGIONS, TWO_REGIONS.replace(f', "{HUB}"', "")])
def test_another_region_is_refused(tmp_path, settings):
    """By CloudFormation itself, which finds no such key in a mapping."""
    template = standalone_template(read(tmp_path, settings))
    with pytest.raises(KeyError, match="sa-east-1"):
        of_type(template, "AWS::IAM::Role", "sa-east-1")


def test_another_topic_is_another_document(template):
    """The patrol publishes to the topic. A document of the same name would keep its content."""
    found = {}
    for name in ("reprieve-alerts", "other"):
        documents = of_type(template, "AWS::SSM::Document", SNSTopicName=name)
        found[name] = {
            each["Name"]: content_hash(json.loads(each["Content"])) for each in documents
        }
    (same,) = {*found["reprieve-alerts"]} & {*found["other"]}
    assert same.startswith("reprieve-rescue-key-")
    assert found["reprieve-alerts"][same] == found["other"][same] == same[-8:]


def test_every_name_of_a_document_fits(template):
    """With the longest name of a topic that the parameter takes."""
    pattern = template.body["Parameters"]["SNSTopicName"]["AllowedPattern"]
    longest = int(pattern.rpartition(",")[2].rstrip("}"))
    names = [
        each["Name"] for each in of_type(template, "AWS::SSM::Document", SNSTopicName="t" * longest)
    ]
    assert max(map(len, names)) == 128


def test_what_is_of_an_account_is_refused_at_once(tmp_path):
    """The error names each setting."""
    settings = (
        f"{TWO_REGIONS}[reliability]\ndashboard = true\n"
        f"[remediation]\nadaptive_concurrency = true\n{toml_of('channel', CHANNELS[5:])}"
    )
    with pytest.raises(TemplateError) as caught:
        standalone_template(read(tmp_path, settings))
    report = str(caught.value)
    assert "reliability.dashboard" in report
    assert "remediation.adaptive_concurrency" in report
    assert "[[channel]] slack, teams" in report


def test_a_hub_is_refused(tmp_path):
    """Each Region is by itself."""
    toml = TWO_REGIONS.replace("[regions]", 'topology = "hub"\n[regions]')
    with pytest.raises(TemplateError, match="topology"):
        standalone_template(read(tmp_path, toml))
