"""Write docs/alerts.md: one message of each kind, exactly as the sandbox delivered it.

`python -m demo.alerts` deploys to the sandbox with nearly every setting, makes the calls that raise
an alert, and writes down what was delivered.
"""

import json
import math
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from demo.roles import assume_new_role
from reprieve.events.threats import BY_NAME, CATALOGUE
from reprieve.names import Names
from sandbox.core.quotas import Quotas
from sandbox.deployment import PROJECT, Deployment
from sandbox.server import Sandbox
from sandbox.sns.emails import Mail
from sandbox.sqs.queues import backdate

PAGE: Final = PROJECT / "docs" / "alerts.md"

_REGION = "eu-west-1"
_RULE = "reprieve-alias-deleted"
_CALLER = "decommissioner"
"""The role that makes the calls."""
_HOUR = 3600
_MANY = 11
"""More deletions than the default of `reliability.storm_threshold`."""
_MATERIAL = {"ImportToken": b"token", "EncryptedKeyMaterial": b"material"}
_HEAD = """\
# Alerts

One message of each kind, as the sandbox delivered it; `make docs` writes this page.

Phones show the subject and the first line. The first line of an alert says what happened, where,
and what Reprieve does or what to do now. Then it names the key and the caller. The root user and
AWS's services have no name, so the line then ends with the type of the caller. All later lines are
details.

EventBridge puts each line of an alert in quotation marks. A value that an event lacks is empty.
Brackets set off the ARN of the caller, because the path of an IAM user may hold any text. Messages
with a subject come from the runbooks and from CloudWatch. SNS gives the others the subject "AWS
Notification Message". [operations.md](operations.md#the-patrols-messages) explains the patrol's.
"""


def page(sandbox: Sandbox, directory: Path) -> str:
    """Deploy, do each thing once, and return the page."""
    # Everything happens within seconds, at which rate SNS would suspend the subscriptions; and what
    # happens in two periods of an alarm does not add up.
    sandbox.quotas = Quotas(emails_per_second=math.inf, alarm_period=_HOUR)
    clients = assume_new_role(sandbox, _CALLER, ["kms:*", "events:*", "cloudtrail:*"])
    kms = clients("kms", _REGION)
    exempt = kms.create_key()["KeyMetadata"]["KeyId"]
    deployment = Deployment(
        sandbox,
        directory,
        settings={
            "REPRIEVE_REGIONS__WATCH": _REGION,
            "REPRIEVE_NOTIFY__THREATS": ",".join(BY_NAME),
            "REPRIEVE_NOTIFY__ENCRYPTION": "own",
            "REPRIEVE_EXEMPT__KEYS": exempt,
        },
    )
    deployment.deploy()
    sandbox.settle(120)  # what the deployment itself sends is of no kind
    kinds = _Kinds(sandbox, clients, exempt)
    parts = [_HEAD]
    for title, happen, shows in kinds.all():
        # Messages of a topic stand together, so what is new is what was not there before.
        before = Counter(sandbox.mails)
        happen()
        sandbox.settle(120)
        mails = list(Counter(sandbox.mails) - before)
        # What the lifeline repeats is left out.
        mails = [mail for mail in mails if not mail.topic_arn.endswith(Names().lifeline)] or mails
        mails = list(filter(shows, mails))
        # Deliveries run at the same time, so the order of arrival differs from run to run.
        shown = sorted(map(_shown, mails), key=_without_subject_first)
        parts.append(f"\n## {title}\n" + "".join(shown))
    return "".join(parts)


def normalised(text: str) -> str:
    """Return a page without what differs from run to run: ids, dates, hashes of runbooks."""
    text = re.sub(r"\b(reprieve-[a-z-]+)-[0-9a-f]{8}\b", r"\1-HASH", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID", text)
    text = re.sub(r"\bcks-[0-9a-f]{17}\b", "cks-ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "DATE", text)
    text = re.sub(r"[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M", "DATE", text)
    return re.sub(r"[^\n]*\d\d:\d\d[^\n]*", "TIME", text)


class _Kinds:
    """The kinds of messages, each with its title and the calls that cause it."""

    def __init__(self, sandbox: Sandbox, clients: Callable[[str, str], Any], exempt: str) -> None:
        self._sandbox = sandbox
        self._clients = clients
        self._kms = clients("kms", _REGION)
        self._exempt = exempt

    def all(self) -> Iterator[tuple[str, Callable[[], object], Callable[[Mail], bool]]]:
        """Yield every kind, and whether to show one of the messages that it causes.

        The titles of threats are their summaries.
        """
        happens: dict[str, Callable[[], object]] = {
            "key-deletion-scheduled": lambda: self._schedule(self._key()),
            "key-disabled": lambda: self._kms.disable_key(KeyId=self._key()),
            "key-material-deleted": self._delete_material,
            "key-material-expiring": lambda: self._import(400),
            "key-material-expired": lambda: self._let_pass(self._unseen(self._import), 4),
            "key-store-disconnected": self._disconnect,
            "key-store-deleted": self._delete_store,
            "key-policy-bypassed": lambda: self._put_policy(bypass=True),
            "key-policy-changed": lambda: self._put_policy(bypass=False),
            "alias-deleted": self._delete_alias,
            "key-gone": lambda: self._let_pass(self._unseen(self._schedule_new), 8),
            "guard-changed": lambda: self._events().disable_rule(Name=_RULE),
            "trail-changed": lambda: self._trail().stop_logging(Name="sandbox"),
        }
        for threat in CATALOGUE:
            title = f"`{threat.name}`: {threat.summary}"
            yield title, happens[threat.name], _any
        self._unseen(lambda: self._trail().start_logging(Name="sandbox"))
        yield "A deletion that the settings exempt", lambda: self._schedule(self._exempt), _any
        yield "A rescue that failed", self._fail, _any
        yield "An alert that could not be delivered", self._undeliverable, _any
        yield "What a patrol finds", self._patrol, _is_runbooks
        yield "Many deletions at once: the alarm", self._storm, _is_storm
        yield "The key of the alerts is disabled", self._mute, _is_alert

    def _events(self) -> Any:
        return self._clients("events", _REGION)

    def _trail(self) -> Any:
        return self._clients("cloudtrail", "us-east-1")

    def _key(self) -> str:
        return str(self._kms.create_key()["KeyMetadata"]["KeyId"])

    def _schedule(self, key: str) -> None:
        self._kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

    def _schedule_new(self) -> None:
        self._schedule(self._key())

    def _import(self, days: int = 3) -> str:
        key = str(self._kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"])
        later = datetime.now(UTC) + timedelta(days=days)
        self._kms.import_key_material(KeyId=key, ValidTo=later, **_MATERIAL)
        return key

    def _delete_material(self) -> None:
        key = self._unseen(self._import)
        self._kms.delete_imported_key_material(KeyId=key)

    def _store(self) -> dict[str, str]:
        name = f"hsm-{datetime.now(UTC).timestamp()}"
        made = self._kms.create_custom_key_store(CustomKeyStoreName=name)
        return {"CustomKeyStoreId": made["CustomKeyStoreId"]}

    def _disconnect(self) -> None:
        store = self._store()
        self._kms.connect_custom_key_store(**store)
        self._kms.disconnect_custom_key_store(**store)

    def _delete_store(self) -> None:
        self._kms.delete_custom_key_store(**self._store())

    def _put_policy(self, *, bypass: bool) -> None:
        named = {"KeyId": self._key(), "PolicyName": "default"}
        policy = self._kms.get_key_policy(**named)["Policy"]
        self._kms.put_key_policy(**named, Policy=policy, BypassPolicyLockoutSafetyCheck=bypass)

    def _delete_alias(self) -> None:
        self._kms.create_alias(AliasName="alias/payments", TargetKeyId=self._key())
        self._kms.delete_alias(AliasName="alias/payments")

    def _fail(self) -> None:
        iam = self._sandbox.client("iam", _REGION)
        role = dict.fromkeys(("RoleName", "PolicyName"), Names().automation_role)
        former = iam.get_role_policy(**role)["PolicyDocument"]
        kept = [each for each in former["Statement"] if each["Sid"] != "CancelKeyDeletion"]
        changed = json.dumps(former | {"Statement": kept})
        self._unseen(lambda: iam.put_role_policy(**role, PolicyDocument=changed))
        key = self._key()
        self._schedule(key)
        self._sandbox.settle()
        self._unseen(lambda: iam.put_role_policy(**role, PolicyDocument=json.dumps(former)))
        self._unseen(lambda: self._kms.cancel_key_deletion(KeyId=key))

    def _undeliverable(self) -> None:
        sns = self._sandbox.client("sns", _REGION)
        (topic,) = (
            each["TopicArn"]
            for each in sns.list_topics()["Topics"]
            if each["TopicArn"].endswith(":reprieve-alerts")
        )
        policy = {"TopicArn": topic, "AttributeName": "Policy"}
        former = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
        statements = json.loads(former)["Statement"]
        kept = [each for each in statements if each["Sid"] != "EventBridgePublishes"]
        changed = json.dumps(json.loads(former) | {"Statement": kept})
        self._unseen(lambda: sns.set_topic_attributes(**policy, AttributeValue=changed))
        self._kms.disable_key(KeyId=self._key())
        self._sandbox.settle()
        self._unseen(lambda: sns.set_topic_attributes(**policy, AttributeValue=former))

    def _patrol(self) -> None:
        """Let a patrol find a missed key, a rule that was disabled, and the dead letter."""
        self._unseen(self._schedule_new)
        self._sandbox.history.age(1 / 24)
        # The guard was deployed before that.
        backdate(_REGION, Names().dead_letters, hours=24)
        self._sandbox.run_schedules(_REGION, "reprieve-patrol")
        self._sandbox.settle(120)
        self._unseen(lambda: self._events().enable_rule(Name=_RULE))

    def _storm(self) -> None:
        for _ in range(_MANY):
            self._schedule_new()

    def _mute(self) -> None:
        sns = self._sandbox.client("sns", _REGION)
        topics = [each["TopicArn"] for each in sns.list_topics()["Topics"]]
        (topic,) = (arn for arn in topics if arn.endswith(":reprieve-alerts"))
        key = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"]
        self._kms.disable_key(KeyId=key)

    def _let_pass(self, _: object, days: float) -> None:
        self._sandbox.advance(days)

    def _unseen(self, happen: Callable[[], Any]) -> Any:
        """Do something whose events are lost."""
        with _losing_events(self._sandbox):
            return happen()


@contextmanager
def _losing_events(sandbox: Sandbox) -> Iterator[None]:
    sandbox.lose_events(lambda _: True)
    yield
    sandbox.lose_events(None)


def _any(mail: Mail) -> bool:
    return True


def _is_alert(mail: Mail) -> bool:
    return not mail.subject


def _is_runbooks(mail: Mail) -> bool:
    return (mail.subject or "").startswith("Reprieve")


def _is_storm(mail: Mail) -> bool:
    return "reprieve-storm" in (mail.subject or "")


def _without_subject_first(shown: str) -> tuple[bool, str]:
    return shown.startswith("\nSubject: "), normalised(shown).casefold()


def _shown(mail: Mail) -> str:
    subject = f"\nSubject: {mail.subject}\n" if mail.subject else ""
    return f"{subject}\n```text\n{mail.body}\n```\n"


def main() -> None:
    """Write the page."""
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as name:
        PAGE.write_text(page(sandbox, Path(name)), encoding="utf-8")
    print(PAGE.relative_to(PROJECT))


if __name__ == "__main__":
    main()
