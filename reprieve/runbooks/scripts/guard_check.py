"""Empty the dead-letter queue, and check the guard of the next Region."""

from collections.abc import Iterator
from typing import Any

from reprieve.runbooks.scripts.calls import SCRIPT_SECONDS, Calls, code_of, is_temporary
from reprieve.runbooks.scripts.dead_letters import process_dead_letters
from reprieve.runbooks.scripts.fingerprint import fingerprint, policy_facts, rule_facts
from reprieve.runbooks.scripts.messages import printable, publish
from reprieve.runbooks.scripts.trails import trail_gap


def handler(events: dict[str, Any], context: Any) -> dict[str, str]:
    """Report what is missing or different in the guard that `Expected` describes.

    Expected: Region, Accounts (ids that stand for this account), Rules and Topics by their names,
    Documents, Trails: Regions with the calls that a trail must log, names by their source. Returns
    Problems, their number.
    """
    calls = Calls(events["Region"], SCRIPT_SECONDS)
    try:
        process_dead_letters(calls, events)
    except Exception as error:
        if is_temporary(error):
            raise  # the runbook runs this script again
        # Another try would find the queue empty, since its messages are hidden from it, and end as
        # a success. So the message says it, and the check of the guard goes on.
        publish(
            calls,
            events,
            "ACT NOW: the dead-letter queue cannot be emptied",
            f"Reprieve's patrol cannot read the queue {events['DeadLetters']} in "
            f"{events['Region']}, so you may miss alerts and rescues. Run 'reprieve status' now: "
            "it prints the command that reads the queue.",
            f"Reason: {printable(error)}",
            "Then deploy again: that restores the permissions of the patrol.",
        )
    expected = events["Expected"]
    check = _GuardCheck(calls, expected, events["Account"])
    problems = [printable(problem) for problem in check.problems()]
    if problems:
        publish(
            calls,
            events,
            "ACT NOW: the guard is broken",
            f"Reprieve in {expected['Region']} is not as it was deployed, so KMS keys there may be "
            "lost without an alert. Run 'reprieve status' now, and deploy again.",
            "What is wrong:",
            *problems,
            "After the deployment, look for keys that were scheduled for deletion in the meantime:",
            "reprieve sweep",
            region=expected["Region"],
        )
    return {"Problems": str(len(problems))}


class _GuardCheck:
    """Compares the guard of a Region with what was deployed."""

    def __init__(self, calls: Calls, expected: dict[str, Any], account: str) -> None:
        self._calls = calls
        self._expected = expected
        self._region = expected["Region"]
        self._accounts = {account, *expected["Accounts"]}
        self._account = account
        self._key: str | None = None

    def problems(self) -> list[str]:
        """Return a sentence for everything that is missing, different or unreadable."""
        found: list[str] = []
        # The topics first: they know the key that the rules name.
        for check in (self._topics, self._rules, self._documents, self._trails):
            try:
                found.extend(check())
            except Exception as error:
                found.append(f"{check.__name__.strip('_')}: cannot be read: {error}")
        return found

    def _client(self, service: str) -> Any:
        return self._calls.client(service, self._region)

    def _digest(self, value: Any) -> str:
        return fingerprint(value, self._accounts, self._key)

    def _topics(self) -> list[str]:
        found: list[str] = []
        for name, wanted in self._expected["Topics"].items():
            arn = f"arn:{self._expected['Partition']}:sns:{self._region}:{self._account}:{name}"
            try:
                found += self._topic(name, arn, wanted)
            except Exception as error:
                if "NotFound" not in code_of(error):
                    raise
                found.append(f"The topic {name} is missing.")
        return found

    def _topic(self, name: str, arn: str, wanted: dict[str, Any]) -> list[str]:
        sns, found = self._client("sns"), []
        attributes = self._calls.make(sns.get_topic_attributes, TopicArn=arn)["Attributes"]
        key = attributes.get("KmsMasterKeyId") or None
        if wanted["Key"] == "own":
            self._key = key
        if wanted["Key"] not in (key, "own") or (wanted["Key"] == "own" and not key):
            found.append(f"The topic {name} has another key: {key or 'none'}.")
        if self._digest(policy_facts(attributes.get("Policy") or "{}")) != wanted["Policy"]:
            found.append(f"The policy of the topic {name} was changed.")
        subscriptions = {
            each["Endpoint"].lower(): each["SubscriptionArn"]
            for page in self._calls.pages(
                sns.list_subscriptions_by_topic, "NextToken", "NextToken", TopicArn=arn
            )
            for each in page["Subscriptions"]
            if each["Protocol"] == "email"
        }
        for address in wanted["Emails"]:
            found += self._subscription(name, address, subscriptions.get(address.lower()))
        return found

    def _subscription(self, topic: str, address: str, arn: str | None) -> list[str]:
        if arn is None or arn == "Deleted":
            return [f"{address} no longer subscribes to the topic {topic}."]
        if not arn.startswith("arn:"):
            return [
                f"{address} has not confirmed its subscription to the topic {topic}, or SNS has "
                "suspended it."
            ]
        attributes = self._calls.make(
            self._client("sns").get_subscription_attributes, SubscriptionArn=arn
        )["Attributes"]
        if attributes.get("FilterPolicy") not in (None, "", "{}"):
            return [f"The subscription of {address} to the topic {topic} has a filter."]
        return []

    def _rules(self) -> list[str]:
        events, found = self._client("events"), []
        deployed = {
            rule["Name"]: rule
            for page in self._calls.pages(
                events.list_rules, "NextToken", "NextToken", NamePrefix=self._expected["Prefix"]
            )
            for rule in page["Rules"]
        }
        for name, wanted in self._expected["Rules"].items():
            rule = deployed.get(name)
            if rule is None:
                found.append(f"The rule {name} is missing.")
            elif rule["State"] != "ENABLED":
                found.append(f"The rule {name} is {rule['State']}.")
            else:
                targets = [
                    target
                    for page in self._calls.pages(
                        events.list_targets_by_rule, "NextToken", "NextToken", Rule=name
                    )
                    for target in page["Targets"]
                ]
                if self._digest(rule_facts(rule, targets)) != wanted:
                    found.append(f"The rule {name}, or one of its targets, was changed.")
        return found

    def _documents(self) -> list[str]:
        ssm, found = self._client("ssm"), []
        for name in self._expected["Documents"]:
            try:
                self._calls.make(ssm.describe_document, Name=name)
            except Exception as error:
                if code_of(error) != "InvalidDocument":
                    raise
                found.append(f"The runbook {name} is missing.")
        return found

    def _trails(self) -> Iterator[str]:
        for region, calls in self._expected["Trails"]:
            yield from self._trails_of(region, calls)

    def _trails_of(self, region: str, calls: dict[str, list[str]]) -> list[str]:
        client = self._calls.client("cloudtrail", region)
        trails = self._calls.make(client.describe_trails, includeShadowTrails=True)["trailList"]
        wanted = [(source, name) for source, names in calls.items() for name in names]
        unseen = set(wanted)
        reasons = []
        for trail in trails:
            arn = trail["TrailARN"]
            home = self._calls.client("cloudtrail", trail["HomeRegion"])
            try:
                status = trail | self._calls.make(home.get_trail_status, Name=arn)
                selectors = self._calls.make(home.get_event_selectors, TrailName=arn)
                gap = trail_gap(status, selectors, wanted)
                # One trail may log what another leaves out.
                unseen -= {call for call in wanted if not trail_gap(status, selectors, [call])}
            except Exception as error:
                # An organization's trail may be closed to its member accounts: it may well log.
                if code_of(error) not in ("AccessDeniedException", "TrailNotFoundException"):
                    raise
                gap = None if trail.get("IsOrganizationTrail") else f"it cannot be read: {error}"
            if gap is None or not unseen:
                return []
            reasons.append(f"{trail['Name']}: {gap}")
        if not trails:
            return [f"There is no CloudTrail trail for {region}: Reprieve sees no call there."]
        why = "; ".join(reasons)
        return [f"No trail logs every call that Reprieve watches in {region} ({why})."]
