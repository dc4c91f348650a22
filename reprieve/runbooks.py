"""The Systems Manager runbook that takes a scheduled deletion back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AmazonRunbook:
    """An Automation document owned by Amazon: it exists in every Region, in no account."""

    name: str

    def target_arn(self, partition: str, region: str) -> str:
        """Return the ARN that an EventBridge target needs to start this runbook.

        The account part is empty for Amazon's own documents. Without a version EventBridge accepts
        the target and never starts the automation, so the default version is named.
        """
        return f"arn:{partition}:ssm:{region}::automation-definition/{self.name}:$DEFAULT"

    def start_resources(self, partition: str, account: str) -> list[str]:
        """Return the ARNs, in any Region, that ssm:StartAutomationExecution may be checked against.

        AWS's own policies name all three forms (Service Authorization Reference and the managed
        policies of Systems Manager): the document, its automation definition, the execution.
        """
        return [
            f"arn:{partition}:ssm:*::document/{self.name}",
            f"arn:{partition}:ssm:*::automation-definition/{self.name}:*",
            f"arn:{partition}:ssm:*:{account}:automation-execution/*",
        ]


# Parameters: KeyId and AutomationAssumeRole, both required. It calls CancelKeyDeletion and confirms
# the key's state; the key stays disabled (Systems Manager Automation runbook reference).
CANCEL_KEY_DELETION = AmazonRunbook("AWSConfigRemediation-CancelKeyDeletion")
