"""The Systems Manager runbooks that Reprieve starts, and their ARNs."""

from dataclasses import dataclass, replace

from reprieve.location import Location


@dataclass(frozen=True)
class Runbook:
    """An Automation document: Amazon's, which exists in every Region, or one of the account."""

    name: str
    is_amazons: bool

    def target_arn(self, location: Location) -> str:
        """Return the ARN that an EventBridge target needs to start this runbook.

        The ARN must name a version: without one, EventBridge accepts the target and never starts
        the automation. It must name the definition: the ARN of the document (`document/…`) is a
        target of Run Command.
        """
        definition = f"automation-definition/{self.name}:$DEFAULT"
        return self._owned(location).arn("ssm", definition)

    def start_resources(self, location: Location) -> list[str]:
        """Return the resources, in any Region, to allow ssm:StartAutomationExecution on.

        AWS's own policies name all three forms: the document, its automation definition, and the
        execution (Service Authorization Reference and the managed policies of Systems Manager).
        """
        any_region = location.every_region
        document = self._owned(any_region)
        return [
            document.arn("ssm", f"document/{self.name}"),
            document.arn("ssm", f"automation-definition/{self.name}:*"),
            any_region.arn("ssm", "automation-execution/*"),
        ]

    def _owned(self, location: Location) -> Location:
        """Return the location in the ARNs of the document. Amazon's documents have no account."""
        return replace(location, account="") if self.is_amazons else location


# Parameters: KeyId and AutomationAssumeRole, both required. It calls CancelKeyDeletion and checks
# the state of the key, which stays disabled (Systems Manager Automation runbook reference).
CANCEL_KEY_DELETION = Runbook("AWSConfigRemediation-CancelKeyDeletion", is_amazons=True)

# Reprieve's own, which runs Amazon's: see `reprieve.runbooks.rescue`.
RESCUE_KEY = Runbook("reprieve-rescue-key", is_amazons=False)

# Reprieve's own for disabled keys: see `reprieve.runbooks.enable`.
ENABLE_KEY = Runbook("reprieve-enable-key", is_amazons=False)
