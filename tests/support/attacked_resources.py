"""Documents and an alarm of the resources that the 33 calls change."""

import json

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION, policy

DENY = policy({"Effect": "Deny", "Action": "*", "Resource": "*"})
DENY_ARN = f"arn:aws:iam::{ACCOUNT_ID}:policy/deny"
OTHER_TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:elsewhere"
EMPTY_PATTERN = json.dumps({"source": ["nothing"]})
CONTENT = json.dumps(
    {
        "schemaVersion": "0.3",
        "mainSteps": [{"name": "s", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}],
    }
)
NOTHING = CONTENT.replace("PT1S", "PT2S")
PROTECTION = json.dumps(
    {
        "Name": "p",
        "Version": "2021-06-01",
        "Statement": [
            {
                "DataDirection": "Inbound",
                "Principal": ["*"],
                "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/IpAddress"],
                "Operation": {"Deny": {}},
            }
        ],
    }
)
ALARM = {
    "AlarmName": "dead",
    "Namespace": "AWS/SQS",
    "MetricName": "ApproximateNumberOfMessagesVisible",
    "Dimensions": [{"Name": "QueueName", "Value": "dead"}],
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
ALARM_RECORD = {
    "alarmName": "dead",
    "namespace": "AWS/SQS",
    "metricName": "ApproximateNumberOfMessagesVisible",
    "dimensions": [{"name": "QueueName", "value": "dead"}],
    "statistic": "Maximum",
    "period": 60,
    "evaluationPeriods": 1,
    "threshold": 0.0,
    "comparisonOperator": "GreaterThanThreshold",
}
