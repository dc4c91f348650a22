"""Write docs/alerts.md: one message of each kind, exactly as the sandbox delivered it.

`python -m demo.alerts` deploys to the sandbox with nearly every setting, makes the calls that raise
an alert, and writes down what was delivered.
"""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from reprieve.events.threats import BY_NAME, CATALOGUE
from reprieve.names import LIFELINE
from sandbox.deployment import PROJECT, Deployment
from sandbox.server import Sandbox
from sandbox.sns.emails import Mail

PAGE: Final = PROJECT / "docs" / "alerts.md"

_REGION = "eu-west-1"
_MATERIAL = {"ImportToken": b"token", "EncryptedKeyMaterial": b"material"}
_HEAD = """\
# Alerts

One message of each kind, as the sandbox delivered it; `make docs` writes this page. EventBridge
leaves the quotation marks around each line, and a value that an event lacks is empty. Messages with
a subject come from the runbooks and from CloudWatch; SNS gives the others one of its own.
"""


def page(sandbox: Sandbox, directory: Path) -> str:
    """Deploy, do each thing once, and return the page."""
    kms = sandbox.client("kms", _REGION)
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
    deployment.synth()
    deployment.init()
    deployment.apply()
    kinds = _Kinds(sandbox, kms, exempt)
    parts = [_HEAD]
    for title, happen in kinds.all():
        # Messages of a topic stand together, so what is new is what was not there before.
        before = Counter(sandbox.mails)
        happen()
        sandbox.settle()
        mails = list(Counter(sandbox.mails) - before)
        # What the lifeline repeats is left out.
        mails = [mail for mail in mails if not mail.topic_arn.endswith(LIFELINE)] or mails
        # Deliveries run at the same time, so the order of arrival differs from run to run.
        shown = sorted(map(_shown, mails), key=_without_subject_first)
        parts.append(f"\n## {title}\n" + "".join(shown))
    return "".join(parts)


def normalised(text: str) -> str:
    """Return a page without what differs from run to run: ids, dates, the address."""
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID", text)
    text = re.sub(r"\bcks-[0-9a-f]{17}\b", "cks-ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "DATE", text)
    text = re.sub(r"[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M", "DATE", text)
    return re.sub(r"[^\n]*\d\d:\d\d[^\n]*", "TIME", text)


class _Kinds:
    """The kinds of messages, each with its title and the calls that cause it."""

    def __init__(self, sandbox: Sandbox, kms: Any, exempt: str) -> None:
        self._sandbox = sandbox
        self._kms = kms
        self._exempt = exempt

    def all(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """Yield every kind; the titles of threats are their summaries."""
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
        }
        for threat in CATALOGUE:
            title = f"`{threat.name}`: {threat.summary}"
            yield title, happens[threat.name]
        yield "A deletion that the settings exempt", lambda: self._schedule(self._exempt)
        yield "A rescue that failed", self._fail
        yield "An alert that could not be delivered", self._undeliverable
        yield "The key of the alerts is disabled", self._mute

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
        role = {"RoleName": "reprieve-automation", "PolicyName": "reprieve-automation"}
        former = iam.get_role_policy(**role)["PolicyDocument"]
        kept = [each for each in former["Statement"] if each["Sid"] != "RunAutomation"]
        iam.put_role_policy(**role, PolicyDocument=json.dumps(former | {"Statement": kept}))
        self._schedule_new()
        self._sandbox.settle()
        iam.put_role_policy(**role, PolicyDocument=json.dumps(former))

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
        changed = json.loads(former) | {"Statement": kept}
        sns.set_topic_attributes(**policy, AttributeValue=json.dumps(changed))
        self._kms.disable_key(KeyId=self._key())
        self._sandbox.settle()
        sns.set_topic_attributes(**policy, AttributeValue=former)

    def _mute(self) -> None:
        sns = self._sandbox.client("sns", _REGION)
        topics = [each["TopicArn"] for each in sns.list_topics()["Topics"]]
        (topic,) = (arn for arn in topics if arn.endswith(":reprieve-alerts"))
        key = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"]
        self._kms.disable_key(KeyId=key)

    def _let_pass(self, _: object, days: float) -> None:
        self._sandbox.advance(days)

    def _unseen(self, happen: Callable[[], Any]) -> Any:
        """Do something that no rule is to hear of."""
        with _trail_off(self._sandbox):
            return happen()


@contextmanager
def _trail_off(sandbox: Sandbox) -> Iterator[None]:
    trail = sandbox.client("cloudtrail", "us-east-1")
    trail.stop_logging(Name="sandbox")
    yield
    trail.start_logging(Name="sandbox")


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
