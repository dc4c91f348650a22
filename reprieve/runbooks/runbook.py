"""The Systems Manager runbooks that take a scheduled deletion back, and the ARNs they go by."""

from dataclasses import dataclass, replace

from reprieve.location import Location


@dataclass(frozen=True)
class Runbook:
    """An Automation document: Amazon's own, which every Region has, or one in the account."""

    name: str
    is_amazons: bool

    def target_arn(self, location: Location) -> str:
        """Return the ARN that an EventBridge target needs to start this runbook.

        The account part is empty for Amazon's documents. Without a version EventBridge accepts the
        target and never starts the automation, so the default version is named. The ARN of the
        document itself (`document/…`) would make it a Run Command target.
        """
        definition = f"automation-definition/{self.name}:$DEFAULT"
        return self._owned(location).arn("ssm", definition)

    def start_resources(self, location: Location) -> list[str]:
        """Return the ARNs, in any Region, that ssm:StartAutomationExecution may be checked against.

        AWS's own policies name all three forms (Service Authorization Reference and the managed
        policies of Systems Manager): the document, its automation definition, the execution.
        """
        any_region = location.every_region
        document = self._owned(any_region)
        return [
            document.arn("ssm", f"document/{self.name}"),
            document.arn("ssm", f"automation-definition/{self.name}:*"),
            any_region.arn("ssm", "automation-execution/*"),
        ]

    def _owned(self, location: Location) -> Location:
        """Return the location whose ARNs the document has: Amazon's belong to no account."""
        return replace(location, account="") if self.is_amazons else location


# Parameters: KeyId and AutomationAssumeRole, both required. It calls CancelKeyDeletion and confirms
# the key's state; the key stays disabled (Systems Manager Automation runbook reference).
CANCEL_KEY_DELETION = Runbook("AWSConfigRemediation-CancelKeyDeletion", is_amazons=True)

# Reprieve's own, around Amazon's: see `reprieve.runbooks.rescue`.
RESCUE_KEY = Runbook("reprieve-rescue-key", is_amazons=False)

# Reprieve's own for keys that were disabled: see `reprieve.runbooks.enable`.
ENABLE_KEY = Runbook("reprieve-enable-key", is_amazons=False)
