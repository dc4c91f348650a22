"""The Systems Manager runbooks that Reprieve starts."""

from dataclasses import dataclass, replace

from reprieve.location import Location
from reprieve.names import Names


@dataclass(frozen=True)
class Runbook:
    """An Automation document: Amazon's, which exists in every Region, or one of the account.

    `id` is the name of Amazon's document. The names of Reprieve's own have it after the prefix, and
    a hash at their end: see `guard.resources.Document`.
    """

    id: str
    is_amazons: bool

    def name(self, names: Names) -> str:
        """Return the name of Amazon's document, or what the names of Reprieve's own begin with."""
        return self.id if self.is_amazons else names.of(self.id)

    def pattern(self, names: Names) -> str:
        """Return the names of its documents, as IAM compares them: `*` stands for any text."""
        return self.id if self.is_amazons else f"{self.name(names)}-*"

    def target_arn(self, location: Location, document: str, version: str) -> str:
        """Return the ARN that an EventBridge target needs to start one of its documents.

        The ARN must name a version: without one, EventBridge accepts the target and never starts
        the automation. It must name the definition: the ARN of the document (`document/...`) is a
        target of Run Command.
        """
        return self._owned(location).arn("ssm", f"automation-definition/{document}:{version}")

    def start_resources(self, location: Location, names: Names) -> list[str]:
        """Return the resources, in any Region, to allow ssm:StartAutomationExecution on.

        AWS's own policies name all three forms: the document, its automation definition, and the
        execution (Service Authorization Reference and the managed policies of Systems Manager).
        """
        any_region = location.every_region
        owned = self._owned(any_region)
        return [
            owned.arn("ssm", f"document/{self.pattern(names)}"),
            owned.arn("ssm", f"automation-definition/{self.pattern(names)}:*"),
            any_region.arn("ssm", "automation-execution/*"),
        ]

    def _owned(self, location: Location) -> Location:
        """Return the location in the ARNs of the document. Amazon's documents have no account."""
        return replace(location, account="") if self.is_amazons else location


# Parameters: KeyId and AutomationAssumeRole, both required. It calls CancelKeyDeletion and checks
# the state of the key, which stays disabled (Systems Manager Automation runbook reference).
CANCEL_KEY_DELETION = Runbook("AWSConfigRemediation-CancelKeyDeletion", is_amazons=True)

# Reprieve's own: see `reprieve.runbooks.rescue`, `enable` and `patrol`.
RESCUE_KEY = Runbook("rescue-key", is_amazons=False)
ENABLE_KEY = Runbook("enable-key", is_amazons=False)
PATROL = Runbook("patrol", is_amazons=False)
