"""Renew the plans of this directory: `python -m tests.unit.diff.plans.renew`, a few minutes.

The real terraform plans them against the sandbox, two Regions with four threats each. Of what it
prints everything is left out that `reprieve diff` does not look at, so that they stay small.

With the directory of a checkout of an older Reprieve as argument, it plans the upgrade from there,
and nothing else: `git worktree add ../former 2f04342` makes the one of version 1.0.0.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.deployment import DEPLOYER, Deployment, deployer
from sandbox.processes import CommandFailed
from sandbox.server import Sandbox
from tests.support.quotas import UNHURRIED

HERE = Path(__file__).parent
BASE = {
    "REPRIEVE_REGIONS__WATCH": "eu-west-1,us-east-1",
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com,oncall@example.com",
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled,key-disabled,key-gone,guard-changed",
}
ROLE = "arn:aws:iam::111122223333:role/KeyAdministrator"
# What is changed in the settings, by the name of the plan.
PLANS = {
    "settled": {},
    "region-leaves": {"REPRIEVE_REGIONS__WATCH": "us-east-1"},
    "region-joins": {"REPRIEVE_REGIONS__WATCH": "eu-west-1,us-east-1,sa-east-1"},
    "address-dropped": {"REPRIEVE_NOTIFY__EMAILS": "security@example.com"},
    "remediation-off": {"REPRIEVE_REMEDIATION__ENABLED": "false"},
    "role-exempt": {"REPRIEVE_EXEMPT__PRINCIPALS": ROLE},
    "threat-dropped": {"REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled,key-gone,guard-changed"},
    "alarms-off": {"REPRIEVE_RELIABILITY__ALARMS": "false"},
    "strict": {"REPRIEVE_NOTIFY__STRICT_TOPIC_POLICY": "true"},
    "encrypted": {"REPRIEVE_NOTIFY__ENCRYPTION": "own"},
    "runbook-aws": {"REPRIEVE_REMEDIATION__RUNBOOK": "aws"},
    "topic-renamed": {"REPRIEVE_NOTIFY__TOPIC_NAME": "key-alerts"},
    "re-enables": {"REPRIEVE_REMEDIATION__RE_ENABLE": "true"},
    "patrol-off": {"REPRIEVE_PATROL__ENABLED": "false"},
    "patrol-seldom": {"REPRIEVE_PATROL__EVERY": "1 day"},
    "patrol-often": {"REPRIEVE_PATROL__EVERY": "30 minutes"},
    "deployer-exempt": {"REPRIEVE_EXEMPT__DEPLOYERS": f"{DEPLOYER},{ROLE}"},
    "storm-raised": {"REPRIEVE_RELIABILITY__STORM_THRESHOLD": "1000"},
    "alarm-emails": {"REPRIEVE_RELIABILITY__ALARM_EMAILS": "oncall@example.com"},
    "adaptive": {"REPRIEVE_REMEDIATION__ADAPTIVE_CONCURRENCY": "true"},
}
_POLICIES = ("aws_sns_topic_policy", "aws_iam_role_policy")
_KEPT = ("format_version", "terraform_version", "applyable", "complete", "errored")


def small(plan: dict[str, Any], *, drift: bool) -> dict[str, Any]:
    """Return a plan with what `reprieve diff` reads of it."""
    changes = []
    used = set()
    for each in plan["resource_changes"]:
        used.add(each["address"])
        if each["change"]["actions"] == ["no-op"]:
            values = each["change"]["after"]
            if each["type"] not in _POLICIES:
                values = {"arn": values.get("arn")}
            each["change"] = {"actions": ["no-op"], "before": values, "after": values}
        each["change"] = without_nothing(with_short_scripts(each["change"]))
        changes.append(each)
    for each in plan.get("resource_drift", []):
        each["change"] = without_nothing(each["change"])
    module = plan["configuration"]["root_module"]
    resources = [
        {
            **{key: each[key] for key in ("address", "mode", "type", "name")},
            "provider_config_key": each["provider_config_key"],
            "expressions": {
                name: expression
                if name in ("alarm_actions", "policy")
                else {}  # of others only whether they are set is looked at
                for name, expression in each.get("expressions", {}).items()
            },
        }
        for each in module["resources"]
        if each["address"] in used
    ]
    keys = {each["provider_config_key"] for each in resources}
    return {
        **{key: plan[key] for key in _KEPT},
        "resource_changes": changes,
        "resource_drift": plan.get("resource_drift", []) if drift else [],
        "output_changes": {
            name: {"actions": change["actions"]}
            for name, change in plan.get("output_changes", {}).items()
        },
        "configuration": {
            "provider_config": {
                key: value
                for key, value in plan["configuration"]["provider_config"].items()
                if key in keys
            },
            "root_module": {"resources": resources},
        },
    }


def without_nothing(change: dict[str, Any]) -> dict[str, Any]:
    """Return a change without attributes that are empty: to the reader they are not there."""
    return {
        name: {n: v for n, v in part.items() if v not in (None, "", [], {})}
        if isinstance(part, dict)
        else part
        for name, part in change.items()
    }


def with_short_scripts(change: dict[str, Any]) -> dict[str, Any]:
    """Return a change in which a runbook's scripts have their calls only, and a fingerprint."""
    for values in filter(None, (change.get("before"), change.get("after"))):
        content = json.loads(values.get("content") or "{}")
        for step in content.get("mainSteps", ()):
            if script := step.get("inputs", {}).get("Script"):
                lines = [line for line in script.splitlines() if "calls.make(" in line]
                digest = hashlib.sha256(script.encode()).hexdigest()[:8]
                step["inputs"]["Script"] = "\n".join([f"# {digest}", *lines])
        if content:
            values["content"] = json.dumps(content)
    return change


def text(plan: dict[str, Any]) -> str:
    """Return a plan as JSON, a resource a line."""
    parts = []
    for name, value in plan.items():
        if isinstance(value, list) and value:
            lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in value)
            parts.append(f'"{name}":[\n{lines}\n]')
        else:
            parts.append(f'"{name}":{json.dumps(value, separators=(",", ":"))}')
    return "{" + ",\n".join(parts) + "}\n"


def main() -> None:
    """Write them all, or the upgrade from the checkout that the argument names."""
    with Sandbox(quotas=UNHURRIED) as sandbox, tempfile.TemporaryDirectory() as directory:
        deployment = Deployment(sandbox, Path(directory))
        if sys.argv[1:]:
            _upgrade(deployment, Path(sys.argv[1]).resolve())
        else:
            _changes(sandbox, deployment)


def _upgrade(deployment: Deployment, former: Path) -> None:
    """Deploy an older Reprieve with its default threats, and plan what this one makes of them."""
    deployment.settings = {
        name: value for name, value in BASE.items() if name != "REPRIEVE_NOTIFY__THREATS"
    }
    subprocess.run(
        [sys.executable, former / "main.py"],
        cwd=deployment.directory,
        env=deployment.environment() | {"REPRIEVE_SETTINGS": str(former / "reprieve.toml")},
        check=True,
    )
    deployment.init()
    deployment.apply()
    deployment.terraform("apply", "-refresh-only", "-auto-approve")
    deployment.synth()
    _write(deployment, "upgrade")


def _changes(sandbox: Sandbox, deployment: Deployment) -> None:
    """Write a plan for each change of the settings."""
    base = BASE | deployer(sandbox)
    deployment.settings = dict(base)
    deployment.synth()
    deployment.init()
    _write(deployment, "first")
    deployment.apply()
    # Before the state is refreshed: what Terraform then takes for drift is none.
    _write(deployment, "applied", drift=True)
    deployment.terraform("apply", "-refresh-only", "-auto-approve")
    for name, settings in PLANS.items():
        deployment.settings = {**base, **settings}
        deployment.synth()
        _write(deployment, name)
    deployment.settings = dict(base)
    deployment.synth()
    _write(deployment, "all-destroyed", "-destroy")
    _errored(deployment)
    with_tampering(sandbox, lambda: _write(deployment, "tampered", drift=True))
    deployment.settings = {**base, **PLANS["alarm-emails"]}
    deployment.synth()
    deployment.apply()
    deployment.settings = dict(base)
    deployment.synth()
    _write(deployment, "alarm-emails-dropped")


def with_tampering(sandbox: Sandbox, then: Callable[[], None]) -> None:
    """Do what somebody might: a policy cut, a rule disabled, a role given more rights."""
    sns, events = sandbox.client("sns", "eu-west-1"), sandbox.client("events", "us-east-1")
    iam = sandbox.client("iam", "us-east-1")
    more = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    names = {"RoleName": "reprieve-automation", "PolicyName": "more"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [more]})
    (topic,) = sns.list_topics()["Topics"]
    arn = topic["TopicArn"]
    former = sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    policy = json.loads(former)
    policy["Statement"] = [s for s in policy["Statement"] if s["Sid"] != "EventBridgePublishes"]
    sns.set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy)
    )
    events.disable_rule(Name="reprieve-key-disabled")
    iam.put_role_policy(**names, PolicyDocument=document)
    then()
    iam.delete_role_policy(**names)
    events.enable_rule(Name="reprieve-key-disabled")
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=former)


def _errored(deployment: Deployment) -> None:
    """Write a plan that fails by a condition of its own, on an output."""
    extra = deployment.stack_directory / "fails.tf.json"
    fails = {"condition": '${data.aws_caller_identity.account.account_id == "1"}'}
    output = {"value": "1", "precondition": {**fails, "error_message": "meant to fail"}}
    extra.write_text(json.dumps({"output": {"fails": output}}))
    _write(deployment, "errored", fails=True)
    extra.unlink()


def _write(
    deployment: Deployment, name: str, *options: str, drift: bool = False, fails: bool = False
) -> None:
    try:
        deployment.terraform("plan", "-out=plan", "-parallelism=40", *options)
    except CommandFailed:
        if not fails:
            raise
    plan = json.loads(deployment.terraform("show", "-json", "plan"))
    (HERE / f"{name}.json").write_text(text(small(plan, drift=drift)))
    print(name)


if __name__ == "__main__":
    main()
