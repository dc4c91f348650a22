"""What earlier drills left in a Region: keys to use again, queues and subscriptions to remove."""

from typing import Any, Final

from reprieve.aws.account import Account, is_code
from reprieve.names import DRILL_PREFIX, DRILL_TAG, PENDING_STATES

DESCRIPTION: Final = "Reprieve: a fire drill's throw-away key. It encrypts nothing."
_ALIASES: Final = f"alias/{DRILL_PREFIX}"


def find_key(kms: Any) -> str | None:
    """Return the ARN of a key of an earlier drill that is not pending deletion; None if none is.

    The drill schedules the deletion of this key, so a drill's alias is not enough: the key needs a
    drill's description and tag too.
    """
    for page in kms.get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if not alias["AliasName"].startswith(_ALIASES) or "TargetKeyId" not in alias:
                continue
            key = kms.describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]
            if key["KeyState"] not in PENDING_STATES and _is_drill_key(kms, key):
                return str(key["Arn"])
    return None


def _is_drill_key(kms: Any, key: dict[str, Any]) -> bool:
    tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
    return key["Description"] == DESCRIPTION and any(tag["TagKey"] == DRILL_TAG for tag in tags)


def create_key(kms: Any, run: str) -> str:
    """Create a drill key, and the alias that the next drill finds it by; return its ARN."""
    key = kms.create_key(Description=DESCRIPTION, Tags=[{"TagKey": DRILL_TAG, "TagValue": run}])
    arn: str = key["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=f"{_ALIASES}{run}", TargetKeyId=arn)
    return arn


def clean_up(account: Account, region: str, topic: str) -> int:
    """Remove the queues and subscriptions of drills that did not finish; return how many."""
    sqs, sns = account.client("sqs", region), account.client("sns", region)
    queues = [
        url
        for page in sqs.get_paginator("list_queues").paginate(QueueNamePrefix=DRILL_PREFIX)
        for url in page.get("QueueUrls", [])
    ]
    subscriptions = [
        each["SubscriptionArn"]
        for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        for each in page["Subscriptions"]
        if each["Protocol"] == "sqs"
        and each["Endpoint"].rpartition(":")[2].startswith(DRILL_PREFIX)
    ]
    for subscription in subscriptions:
        sns.unsubscribe(SubscriptionArn=subscription)
    for url in queues:
        try:
            sqs.delete_queue(QueueUrl=url)
        except Exception as error:
            # SQS lists a queue for a while after its deletion.
            if not is_code(error, "QueueDoesNotExist", "NonExistentQueue"):
                raise
    return len(queues) + len(subscriptions)
