"""What alerts have in common: the variables of events, and lines about the caller.

EventBridge does not escape values. Use only values that AWS writes or validates, so that no caller
can forge or break an alert. Never use the user agent, for example: it is free text. The path of an
IAM user or role may hold any printable character but a space, so brackets set off the ARN of the
caller.
"""

from typing import Final

from reprieve.events.transformer import CALLER

# The variables of any event, of a call that CloudTrail records, and of a service's own event.
PLACE: Final = {"account": "$.account", "region": "$.region", "id": "$.id", "time": "$.time"}
CALL: Final = (
    PLACE
    | CALLER
    | {
        "at": "$.detail.eventTime",
        "principal": "$.detail.userIdentity.arn",
        "service": "$.detail.userIdentity.invokedBy",
        "address": "$.detail.sourceIPAddress",
        "caller-account": "$.detail.userIdentity.accountId",
        "call": "$.detail.eventName",
        "event": "$.detail.eventID",
    }
)
EVENT: Final = PLACE | {"at": "$.time", "event": "$.id"}

BY: Final = "by <type> <role><user>"
WHERE: Final = "Region: <region>, account: <account>"
CALLER_LINES: Final = ("By: <type> [<principal>] <service>", "From: <address>, at <at>", WHERE)
EVENT_LINES: Final = ("At: <at>", WHERE)
NOW: Final = "What to do now:"

# The same for programs, and for forms in which a quotation mark of an ARN's path would do harm.
CALLER_DATA: Final = {
    "call": "<call>",
    "caller_type": "<type>",
    "caller_name": "<role><user>",
    "caller_account": "<caller-account>",
    "source_ip": "<address>",
}
CALLER_FACTS: Final = ("By: <type> <role><user>", "From: <address>, at <at>", WHERE)
CALL_CONSOLE: Final = "cloudtrailv2/home?region=<region>#/events/<event>"
KEY_CONSOLE: Final = "kms/home?region=<region>#/kms/keys/<named>"
DESCRIBE: Final = (
    "aws kms describe-key --region <region> --key-id <named> --query KeyMetadata.KeyState"
)
