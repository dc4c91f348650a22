"""What a deployment of the pattern does not cover, compared with the settings: findings.

Only what was read is judged. The sentences name neither the Region nor the rule, so that the same
finding in many Regions is printed once.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reprieve.adopt.found import Deployment, OldRule, OldTopic, Target, automation_role, parameter
from reprieve.adopt.patterns import gaps, threats_of, unwatched_names
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.settings.schema import Settings
from reprieve.status.findings import Finding, Kind
from reprieve.text import printable, without_secrets

Roles = Mapping[str, Mapping[str, Any] | Exception | None]
"""By the ARN of a role: its trust policy, None if there is no such role, or why it is unknown."""

_COMPLETE: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
_EMAIL: Final = ("email", "email-json")


def gaps_of(
    deployment: Deployment, settings: Settings, account: str, roles: Roles
) -> Iterator[Finding]:
    """Yield what a deployment does not cover, and what the settings lack that it has."""
    if stack := deployment.stack:
        if stack.status not in _COMPLETE:
            text = f"Its stack has the status {stack.status}."
            yield Finding(stack.name, Kind.FAILING, text, "")
        if not deployment.rules:
            text = "Its stack has no rule for scheduled deletions any more: it does nothing."
            yield Finding(stack.name, Kind.MISSING, text, "")
    for rule in deployment.rules:
        yield from _rule_gaps(rule, settings)
        for target in rule.runbooks:
            yield from _runbook_gaps(target, account, roles)
        yield from _delivery_gaps(rule)
    for topic in deployment.topics:
        yield from _topic_gaps(topic, settings, account)
    yield from _threat_gaps(deployment, settings)


def _rule_gaps(rule: OldRule, settings: Settings) -> Iterator[Finding]:
    if not rule.is_enabled:
        text = "Its rule is disabled: nobody is notified, and nothing is cancelled."
        yield Finding(rule.name, Kind.DIFFERENT, text, "")
    for gap in gaps(rule.pattern, KEY_DELETION_SCHEDULED.event_pattern):
        text = f"Its rule may not match every scheduled deletion: {printable(gap)}."
        yield Finding(rule.name, Kind.DIFFERENT, text, "")
    if not rule.topic_arns:
        text = "Its rule has no topic: nobody is notified."
        yield Finding(rule.name, Kind.MISSING, text, "")
    if not rule.runbooks and settings.remediation.enabled:
        text = "Remediation is off: it cancels nothing."
        yield Finding(rule.name, Kind.MISSING, text, "")


def _threat_gaps(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """Yield the threats of the settings that no rule matches, and the calls that only rules do."""
    patterns = [dict(each.pattern) for each in deployment.rules if each.is_enabled]
    wanted = threats_of(settings, deployment.region)
    missed = [
        name for name, pattern in wanted.items() if all(gaps(each, pattern) for each in patterns)
    ]
    # Whether the rule matches scheduled deletions has a sentence of its own.
    missed = [name for name in missed if name != KEY_DELETION_SCHEDULED.name]
    if missed and patterns:
        text = (
            f"It does not match {len(missed)} of the {len(wanted)} threats of the settings: "
            f"{', '.join(missed)}."
        )
        yield Finding(deployment.name, Kind.MISSING, text, "")
    for call, threat in unwatched_names(patterns, settings).items():
        what = printable(call)
        hint = f"Add {threat.name} to notify.threats." if threat else f"Add a [[watch]] for {what}."
        text = f"It matches {what}, which the settings do not watch."
        yield Finding(deployment.name, Kind.UNGUARDED, text, hint)


def _runbook_gaps(target: Target, account: str, roles: Roles) -> Iterator[Finding]:
    resource = target.arn.split(":", 5)[5]
    if resource.startswith("document/"):
        text = "Its target names the document, not the automation definition: no runbook starts."
        yield Finding(target.id, Kind.DIFFERENT, text, "")
    elif ":" not in resource:
        text = "Its target names no version of the runbook: EventBridge does not start it."
        yield Finding(target.id, Kind.DIFFERENT, text, "")
    if not target.role_arn:
        text = "Its target has no role: EventBridge cannot start the runbook."
        yield Finding(target.id, Kind.MISSING, text, "")
    else:
        yield from _role_gaps("EventBridge", "events", target.role_arn, account, roles)
    if not target.cancels:
        return
    if role := automation_role(target):
        yield from _role_gaps("the runbook", "ssm", role, account, roles)
    else:
        text = "Its target gives the runbook no AutomationAssumeRole, which is required."
        yield Finding(target.id, Kind.MISSING, text, "")
    yield from _key_gaps(target)


def _role_gaps(who: str, service: str, arn: str, account: str, roles: Roles) -> Iterator[Finding]:
    name = printable(arn.partition(":role")[2].strip("/") or arn)
    if arn.split(":")[4:5] != [account]:
        text = f"The role of {who}, {printable(arn)}, is of another account."
        yield Finding(arn, Kind.DIFFERENT, text, "")
        return
    trust = roles.get(arn)
    if isinstance(trust, Exception):
        yield Finding.unread(arn, f"The role of {who}, {name}, could not be read.", trust)
    elif trust is None:
        text = f"The role of {who}, {name}, does not exist."
        yield Finding(arn, Kind.MISSING, text, "")
    elif f"{service}.amazonaws.com" not in json.dumps(trust):
        text = f"The role of {who}, {name}, does not trust {service}.amazonaws.com."
        yield Finding(arn, Kind.DIFFERENT, text, "")


def _key_gaps(target: Target) -> Iterator[Finding]:
    """Yield what the runbook gets as the key: Amazon's expects an id, not an ARN."""
    given = parameter(target, "KeyId")
    paths = target.raw.get("InputTransformer", {}).get("InputPathsMap", {})
    path = paths.get(given.strip("<>"), "") if given else ""
    if not given:
        text = "Its target gives the runbook no KeyId, which is required."
        yield Finding(target.id, Kind.MISSING, text, "")
    elif path == "$.detail.requestParameters.keyId":
        text = (
            "It gives Amazon's runbook the key as the caller named it. The runbook expects the id: "
            "where the caller used the ARN, it fails."
        )
        yield Finding(target.id, Kind.DIFFERENT, text, "")
    elif path.endswith(("responseElements.keyId", ".ARN")):
        text = (
            "It gives Amazon's runbook the ARN of the key. The runbook expects the id, and fails."
        )
        yield Finding(target.id, Kind.DIFFERENT, text, "")


def _delivery_gaps(rule: OldRule) -> Iterator[Finding]:
    unqueued = [each for each in rule.targets if not each.raw.get("DeadLetterConfig")]
    if unqueued:
        text = "No dead-letter queue: an event that cannot be delivered is lost without notice."
        if len(unqueued) < len(rule.targets):
            text = f"No dead-letter queue for the target {printable(unqueued[0].id)}."
        yield Finding(rule.name, Kind.MISSING, text, "")
    if any(
        each.raw.get("RetryPolicy", {}).get("MaximumRetryAttempts") == 0 for each in rule.targets
    ):
        text = "A target has no retries."
        yield Finding(rule.name, Kind.DIFFERENT, text, "")


def _topic_gaps(topic: OldTopic, settings: Settings, account: str) -> Iterator[Finding]:
    name = printable(topic.name)
    if topic.arn.split(":")[4] != account and topic.attributes is None:
        text = f"Its topic, {printable(topic.arn)}, is of another account, or missing."
        yield Finding(topic.arn, Kind.UNKNOWN, text, "")
        return
    if topic.attributes is None:
        text = f"The topic {name} does not exist: nobody is notified."
        yield Finding(topic.arn, Kind.MISSING, text, "")
        return
    if not _lets_publish(topic.attributes.get("Policy", "{}")):
        text = f"The policy of the topic {name} does not let EventBridge publish."
        yield Finding(topic.arn, Kind.DIFFERENT, text, "")
    if "alias/aws/sns" in topic.attributes.get("KmsMasterKeyId", ""):
        text = (
            f"The topic {name} is encrypted with alias/aws/sns: EventBridge cannot publish to it."
        )
        yield Finding(topic.arn, Kind.DIFFERENT, text, "")
    if not topic.subscribers:
        text = f"Nobody subscribes to the topic {name}."
        yield Finding(topic.arn, Kind.MISSING, text, "")
    for each in topic.subscribers:
        shown = printable(without_secrets(each.endpoint))
        if not each.is_confirmed:
            text = f"{shown} has not confirmed, and is not notified."
            yield Finding(shown, Kind.UNCONFIRMED, text, "")
        elif each.protocol not in _EMAIL:
            text = f"{shown} ({each.protocol}) gets its alerts, and may get none of Reprieve's."
            hint = "If it should, add a [[channel]] for it: see docs/channels.md."
            yield Finding(shown, Kind.UNGUARDED, text, hint)
        elif each.endpoint.lower() not in {email.lower() for email in settings.notify.emails}:
            text = f"{shown} gets its alerts, and is not in notify.emails."
            yield Finding(shown, Kind.UNGUARDED, text, "If it should get Reprieve's, add it there.")


def _lets_publish(policy: str) -> bool:
    """Return whether a statement allows EventBridge to publish; its conditions are not read."""
    try:
        statements = json.loads(policy).get("Statement", [])
    except ValueError:
        return False
    for each in [statements] if isinstance(statements, dict) else statements:
        principal, actions = each.get("Principal", {}), each.get("Action", [])
        who = principal.get("Service", []) if isinstance(principal, dict) else []
        may = {action.lower() for action in ([actions] if isinstance(actions, str) else actions)}
        allows = each.get("Effect") == "Allow" and may & {"sns:publish", "sns:*", "*"}
        if allows and "events.amazonaws.com" in ([who] if isinstance(who, str) else who):
            return True
    return False
