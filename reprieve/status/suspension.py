"""Whether SNS may have suspended an e-mail subscription that is not confirmed.

SNS does not say. A suspended subscription shows `PendingConfirmation`, as one that was never
confirmed (AWS Knowledge Center, "SNS email subscription disabled"), and so has no ARN to ask
GetSubscriptionAttributes about. CloudTrail does not help: it does not log ConfirmSubscription of
somebody who follows the link in the e-mail (SNS developer guide, "Logging SNS API calls").

The topic's metric excludes a suspension: SNS suspends a subscription over ten messages a second and
deletes it after 48 hours, 30 days by other pages. A topic that got fewer messages has suspended
nobody. One that got more has perhaps: the address may still have never confirmed.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_E_MAILS_PER_SECOND: Final = 10
_KEPT: Final = timedelta(days=30)
"""How long SNS keeps a subscription that is not confirmed, by the page that says most."""
_PERIOD: Final = timedelta(minutes=5)
"""CloudWatch keeps finer data for 15 days only."""
_WINDOW: Final = timedelta(days=4)
"""What is asked for at once: CloudWatch returns 1,440 values at most."""


def may_be_suspended(cloudwatch: Any, topic_name: str) -> bool:
    """Return whether a topic got so many messages that SNS may have suspended a subscription.

    Raises:
        ClientError: the metric cannot be read.
    """
    end = datetime.now(UTC) + _PERIOD  # the period that has begun counts too
    return any(
        _most_messages(cloudwatch, topic_name, end - before - _WINDOW, end - before)
        > _E_MAILS_PER_SECOND
        for before in (index * _WINDOW for index in range(math.ceil(_KEPT / _WINDOW)))
    )


def _most_messages(cloudwatch: Any, topic_name: str, start: datetime, end: datetime) -> float:
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/SNS",
        MetricName="NumberOfMessagesPublished",
        Dimensions=[{"Name": "TopicName", "Value": topic_name}],
        StartTime=start,
        EndTime=end,
        Period=int(_PERIOD.total_seconds()),
        Statistics=["Sum"],
    )
    return max((each["Sum"] for each in answer["Datapoints"]), default=0)
