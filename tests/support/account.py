"""A sandbox with Reprieve in it, and what the tests do there."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import EXAMPLE, Deployment, deployer
from sandbox.events.delivery import Delivery
from sandbox.server import Sandbox
from sandbox.sns.emails import Mail
from sandbox.sqs.queues import backdate
from sandbox.ssm.execution import Execution

REGIONS = ("eu-west-1", "us-east-1")
EMAIL = "security@example.com"


def ending(execution: Execution) -> str:
    """Return how an execution ended: its status, and why it is not a success."""
    if execution.status == "Success":
        return execution.status
    return f"{execution.status}: {execution.failure}"


@dataclass
class Account:
    """A sandbox with Reprieve in it, and what a test does there."""

    sandbox: Sandbox
    deployment: Deployment

    def kms(self, region: str) -> Any:
        """Return a KMS client of a Region."""
        return self.sandbox.client("kms", region)

    def create_key(self, region: str, **options: Any) -> Any:
        """Create a key; return its metadata."""
        return self.kms(region).create_key(**options)["KeyMetadata"]

    def schedule(self, region: str, key: str) -> None:
        """Schedule a key's deletion, named as `key` says, and wait until all has come of it."""
        self.kms(region).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.sandbox.settle()

    def state(self, region: str, key: str) -> str:
        """Return the key's state."""
        state: str = self.kms(region).describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        return state

    def document(self, region: str, runbook: str = "reprieve-rescue-key") -> str:
        """Return the name of the one document of a runbook: it ends with a hash."""
        pages = self.sandbox.client("ssm", region).get_paginator("list_documents")
        (name,) = (
            each["Name"]
            for page in pages.paginate(Filters=[{"Key": "Owner", "Values": ["Self"]}])
            for each in page["DocumentIdentifiers"]
            if each["Name"].startswith(f"{runbook}-")
        )
        return str(name)

    def patrol(self, region: str, *, remind: bool = False) -> Execution:
        """Let the patrol's schedule fire in a Region; return the execution at its end."""
        before = len(self.patrols(region))
        rule = "reprieve-patrol-daily" if remind else "reprieve-patrol"
        self.sandbox.run_schedules(region, rule)
        self.sandbox.settle(300)
        (execution,) = self.patrols(region)[before:]
        return execution

    def patrols(self, region: str) -> list[Execution]:
        """Return the executions of a Region's patrol."""
        all_of_region = [e for e in self.sandbox.executions if e.region == region]
        return [e for e in all_of_region if e.document.startswith("reprieve-patrol-")]

    def age(self, region: str, *, hours: float) -> None:
        """Let time pass for CloudTrail's history; the guard was deployed a day before all of it."""
        self.sandbox.history.age(hours / 24)
        backdate(region, "reprieve-dead-letters", hours=24)

    def messages(self, region: str, since: int = 0) -> list[Mail]:
        """Return what the topic of the alerts sent in a Region, after the first `since`."""
        end = f":{region}:{ACCOUNT_ID}:reprieve-alerts"
        return [mail for mail in self.sandbox.mails if mail.topic_arn.endswith(end)][since:]

    def alerts(self, key: str) -> list[Delivery]:
        """Return what was delivered, or should have been, to a topic about a key."""
        return [d for d in self.about(key) if ":sns:" in d.target_arn]

    def starts(self, key: str) -> list[Delivery]:
        """Return what EventBridge handed, or should have handed, to Systems Manager about a key."""
        return [d for d in self.about(key) if ":ssm:" in d.target_arn]

    def about(self, key: str) -> list[Delivery]:
        """Return the deliveries whose text names the key."""
        return [d for d in self.sandbox.deliveries if key in d.body]

    def executions(self, key: str) -> list[Execution]:
        """Return the automations that a rule started for a key: not those that these started."""
        started = [e for e in self.sandbox.executions if key in e.parameters.get("KeyId", [""])[0]]
        return [e for e in started if "Automation-" not in e.started_by.arn]

    def endings(self, key: str) -> list[str]:
        """Return how each automation for a key ended, and why EventBridge started none.

        Where all is well that is "Success": any other text says what went wrong.
        """
        failed = [each.error for each in self.starts(key) if each.error and not each.will_retry]
        return [
            *(f"not started: {error}" for error in failed),
            *map(ending, self.executions(key)),
        ]

    def outcomes(self, key: str) -> list[Mail]:
        """Return the messages about a key after the alert: the runbook's."""
        alerts = [alert.body for alert in self.alerts(key)]
        return [m for m in self.sandbox.mails if key in m.body and m.body not in alerts]


@dataclass
class Policy:
    """A policy somewhere in the account, which a test takes statements out of for a while."""

    get: Callable[[], dict[str, Any]]
    put: Callable[[dict[str, Any]], object]

    @classmethod
    def of_topic(cls, account: Account, region: str, name: str = "reprieve-alerts") -> "Policy":
        """Return the policy of a topic."""
        sns = account.sandbox.client("sns", region)
        (arn,) = (
            topic["TopicArn"]
            for topic in sns.list_topics()["Topics"]
            if topic["TopicArn"].endswith(f":{name}")
        )
        return cls(
            lambda: json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]),
            lambda policy: sns.set_topic_attributes(
                TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy)
            ),
        )

    @classmethod
    def of_role(cls, account: Account, region: str, role: str) -> "Policy":
        """Return the inline policy that has its role's name."""
        iam = account.sandbox.client("iam", region)
        names = {"RoleName": role, "PolicyName": role}
        return cls(
            lambda: iam.get_role_policy(**names)["PolicyDocument"],
            lambda policy: iam.put_role_policy(**names, PolicyDocument=json.dumps(policy)),
        )

    @classmethod
    def of_key(cls, account: Account, region: str, key: str) -> "Policy":
        """Return the policy of a KMS key."""
        kms = account.kms(region)
        return cls(
            lambda: json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]),
            lambda policy: kms.put_key_policy(
                KeyId=key, PolicyName="default", Policy=json.dumps(policy)
            ),
        )

    @contextmanager
    def changed(self, change: Callable[[dict[str, Any]], object]) -> Iterator[None]:
        """Put another policy there for a while."""
        former = self.get()
        policy = copy.deepcopy(former)
        change(policy)
        self.put(policy)
        try:
            yield
        finally:
            self.put(former)

    @contextmanager
    def without(self, sid: str) -> Iterator[None]:
        """Take the statement of this Sid out for a while; there has to be one."""

        def leave_out(policy: dict[str, Any]) -> None:
            kept = [statement for statement in policy["Statement"] if statement["Sid"] != sid]
            assert len(kept) == len(policy["Statement"]) - 1
            policy["Statement"] = kept

        with self.changed(leave_out):
            yield


def deploy(
    sandbox: Sandbox,
    directory: Path,
    settings_file: Path = EXAMPLE,
    **settings: str,
) -> Deployment:
    """Synthesise and apply, as the deployer unless the settings have credentials."""
    settings = deployer(sandbox) | settings
    deployment = Deployment(sandbox, directory, settings_file=settings_file, settings=settings)
    deployment.deploy()
    return deployment
