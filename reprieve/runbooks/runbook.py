"""The Systems Manager runbooks that take a scheduled deletion back, and the ARNs they go by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Runbook:
    """An Automation document: Amazon's own, which every Region has, or one in the account."""

    name: str
    is_amazons: bool

    def target_arn(self, partition: str, region: str, account: str) -> str:
        """Return the ARN that an EventBridge target needs to start this runbook.

        The account part is empty for Amazon's documents. Without a version EventBridge accepts the
        target and never starts the automation, so the default version is named. The ARN of the
        document itself (`document/…`) would make it a Run Command target.
        """
        owner = self._owner(account)
        return f"arn:{partition}:ssm:{region}:{owner}:automation-definition/{self.name}:$DEFAULT"

    def start_resources(self, partition: str, account: str) -> list[str]:
        """Return the ARNs, in any Region, that ssm:StartAutomationExecution may be checked against.

        AWS's own policies name all three forms (Service Authorization Reference and the managed
        policies of Systems Manager): the document, its automation definition, the execution.
        """
        owner = self._owner(account)
        return [
            f"arn:{partition}:ssm:*:{owner}:document/{self.name}",
            f"arn:{partition}:ssm:*:{owner}:automation-definition/{self.name}:*",
            f"arn:{partition}:ssm:*:{account}:automation-execution/*",
        ]

    def _owner(self, account: str) -> str:
        return "" if self.is_amazons else account


# Parameters: KeyId and AutomationAssumeRole, both required. It calls CancelKeyDeletion and confirms
# the key's state; the key stays disabled (Systems Manager Automation runbook reference).
CANCEL_KEY_DELETION = Runbook("AWSConfigRemediation-CancelKeyDeletion", is_amazons=True)

# Reprieve's own, around Amazon's: see `reprieve.runbooks.rescue`.
RESCUE_KEY = Runbook("reprieve-rescue-key", is_amazons=False)

# Reprieve's own for keys that were disabled: see `reprieve.runbooks.enable`.
ENABLE_KEY = Runbook("reprieve-enable-key", is_amazons=False)
