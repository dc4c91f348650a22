"""A sandbox with Reprieve in it, and what the tests do there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from sandbox.deliveries import Delivery
from sandbox.deployment import Deployment
from sandbox.executions import Execution
from sandbox.mail import Mail

REGIONS = ("eu-west-1", "us-east-1")
EMAIL = "security@example.com"


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
        started = [e for e in self.sandbox.executions if key in e.parameters["KeyId"][0]]
        return [e for e in started if "Automation-" not in e.started_by.arn]

    def outcomes(self, key: str) -> list[Mail]:
        """Return what people were told about a key after the alert: the runbook's messages."""
        alerts = [alert.body for alert in self.alerts(key)]
        return [m for m in self.sandbox.mails if key in m.body and m.body not in alerts]


def deploy(sandbox: Sandbox, directory: Path, **settings: str) -> Deployment:
    """Synthesise and apply."""
    deployment = Deployment(sandbox, directory, settings=settings)
    deployment.synth()
    deployment.init()
    deployment.apply()
    return deployment
