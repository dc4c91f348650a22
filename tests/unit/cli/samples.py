"""Settings, an account and a key for the tests of the commands."""

from datetime import UTC, datetime

from reprieve.aws.account import Account
from reprieve.sweep.cloudtrail import Call
from reprieve.sweep.result import Key

SETTINGS = '[notify]\nemails = ["security@example.com"]\n'
ACCOUNT = Account(None, None, "111122223333", "arn:aws:iam::111122223333:user/alice")
CALL = Call(
    name="ScheduleKeyDeletion",
    by=ACCOUNT.arn,
    principal=ACCOUNT.arn,
    at=datetime(2026, 11, 24, tzinfo=UTC),
    event_id="1",
)
KEY = Key(
    account=ACCOUNT.id,
    region="eu-west-1",
    arn="arn:aws:kms:eu-west-1:111122223333:key/48e3373b-816f-49dd-b6c4-7d981e5be380",
    state="PendingReplicaDeletion",
    aliases=("alias/orders",),
    waiting_days=9,
    call=CALL,
)
