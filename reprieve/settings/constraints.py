"""The rules that compare several settings."""

from collections.abc import Iterator

from pydantic_core import InitErrorDetails

from reprieve import regions
from reprieve.events.exemptions import exemptions_in, split
from reprieve.events.patterns import MAX_PATTERN_LENGTH
from reprieve.events.threat import pattern_json
from reprieve.events.threats import BY_NAME, KEY_DELETION_SCHEDULED, KEY_DISABLED
from reprieve.names import Names
from reprieve.settings.account import MEMBER_ID, account_errors
from reprieve.settings.arns import key_home, principal_account, principal_partition
from reprieve.settings.channels import channel_errors
from reprieve.settings.common import boundary_errors, resources_errors
from reprieve.settings.errors import Place, key_of
from reprieve.settings.event_bus import event_bus_errors
from reprieve.settings.exemption import exemption_errors
from reprieve.settings.hub import alerting_regions, hub_errors
from reprieve.settings.invalid import invalid_at, other_partition_at
from reprieve.settings.naming import names_of, naming_errors
from reprieve.settings.organization_errors import organization_errors
from reprieve.settings.quotas import deployer_errors, runbook_errors, watch_errors
from reprieve.settings.state import state_errors
from reprieve.settings.types import WATCH_WORDS
from reprieve.settings.unvalidated import Values, entry_texts, table, texts, watch_names

Errors = Iterator[InitErrorDetails]


def named_regions(watch: object, partition: str) -> tuple[str, ...]:
    """Return the Regions that a valid `regions.watch` names, in its order."""
    if watch == "default":
        return regions.default_regions(partition)
    if watch == "all":
        return regions.known_regions(partition)
    return tuple(watch) if isinstance(watch, list | tuple) else ()


def cross_field_errors(values: Values) -> Errors:
    """Yield the errors between several values. The types report the errors of single values.

    Args:
        values: The settings with their defaults, before validation: each value may be anything.
            Invalid values are skipped, so that one error does not cause others.
    """
    yield from _remediation_errors(values)
    yield from watch_errors(values)
    yield from runbook_errors(values)
    yield from _topic_errors(values)
    yield from event_bus_errors(values)
    yield from naming_errors(values)
    yield from resources_errors(values)
    yield from exemption_errors(values)
    partition, reference = _partition(values)
    yield from account_errors(table(values, "account"), partition)
    yield from state_errors(table(values, "state"), partition)
    watched = _watched(values, partition) if partition else None
    yield from channel_errors(values, partition, watched)
    yield from organization_errors(values, partition)
    if partition is None:
        return
    yield from _partition_errors(values, partition, reference)
    yield from boundary_errors(values, partition, reference)
    if partition == "aws-eusc" and table(values, "remediation").get("runbook") == "aws":
        yield invalid_at(
            ("remediation", "runbook"),
            "aws",
            "is a runbook for which Amazon documents no role of the partition aws-eusc",
            'write "reprieve"',
        )
    yield from hub_errors(values, partition, watched)
    if watched is None:
        return
    if not watched:
        yield invalid_at(
            ("regions", "exclude"),
            list(texts(values, "regions", "exclude").values()),
            "leaves no Region to watch",
            "remove at least one Region from the list",
        )
    yield from _exemption_errors(values, partition, watched)
    yield from deployer_errors(values, watched)
    alerting = alerting_regions(values, partition, watched)
    if alerting is not None:
        yield from _alert_key_errors(values, alerting)


def duplicate_errors(values: Values) -> Errors:
    """Yield each item of a list that equals an earlier one, upper and lower case being equal."""
    lists = [
        texts(values, name, key)
        for name, key in (
            ("notify", "emails"),
            ("notify", "threats"),
            ("notify", "encryption"),
            ("exempt", "principals"),
            ("exempt", "keys"),
            ("exempt", "deployers"),
            ("organization", "organizational_units"),
            ("organization", "exclude_accounts"),
            ("reliability", "alarm_emails"),
            ("regions", "watch"),
            ("regions", "exclude"),
        )
    ]
    for given in (*lists, watch_names(values)):
        first: dict[str, Place] = {}
        for place, text in given.items():
            earlier = first.setdefault(text.lower(), place)
            if earlier != place:
                yield invalid_at(
                    place, text, f"is the same as {key_of(earlier)}", "remove one of the two"
                )


def _remediation_errors(values: Values) -> Errors:
    """Yield what remediation must do without the threat, or the runbook, that it needs."""
    remediation = table(values, "remediation")
    enabled, runbook = remediation.get("enabled"), remediation.get("runbook")
    threats = set(texts(values, "notify", "threats").values())
    known = bool(threats) and threats <= BY_NAME.keys()  # otherwise the list has its own error
    if known and enabled is True and KEY_DELETION_SCHEDULED.name not in threats:
        yield invalid_at(
            ("notify", "threats"),
            sorted(threats),
            f'does not include "{KEY_DELETION_SCHEDULED.name}", which remediation needs',
            "add it, or set remediation.enabled = false",
        )
    role, names = remediation.get("automation_role_arn"), names_of(values)
    if isinstance(role, str) and _is_own_role(role, names):
        yield invalid_at(
            ("remediation", "automation_role_arn"),
            role,
            "is a role that Reprieve itself creates, and would delete if the setting named it",
            "remove the key: Reprieve then creates and uses its own role",
        )
    elif isinstance(role, str):
        yield from _other_account_errors(values, role)
    for place, deployer in texts(values, "exempt", "deployers").items():
        if ":role/" in deployer and _is_own_role(deployer, names):
            yield invalid_at(
                place,
                deployer,
                "is a role that Reprieve itself uses: its changes would send no alert",
                "name the role that deploys",
            )
    for key in ("re_enable", "enable_disabled"):
        if remediation.get(key) is not True:
            continue
        if enabled is False:
            continue  # it has no effect: `no_effect`
        if runbook == "aws":
            rule, hint = "needs a runbook that can enable keys", 'set runbook = "reprieve"'
        elif key == "enable_disabled" and known and KEY_DISABLED.name not in threats:
            rule, hint = f'needs "{KEY_DISABLED.name}" in notify.threats', "add it there"
        else:
            continue
        yield invalid_at(("remediation", key), True, rule, hint)


def _other_account_errors(values: Values, role: str) -> Errors:
    """Yield an error if the runbook's role is in another account than the settings are for."""
    id, owner = table(values, "account").get("id"), principal_account(role)
    if owner and isinstance(id, str) and id not in (owner, MEMBER_ID):
        yield invalid_at(
            ("remediation", "automation_role_arn"),
            role,
            f"is a role of the account {owner}, and account.id is {id}: Systems Manager accepts "
            "only roles of its own account",
            "name a role of the account, or remove the key: Reprieve then creates a role",
        )


def _is_own_role(arn: str, names: Names) -> bool:
    """Return whether a role has the name of one of Reprieve's; upper and lower case are equal."""
    # IAM user guide, "IAM and STS quotas": names are unique regardless of case.
    return arn.rpartition("/")[2].lower() in names.roles


def _topic_errors(values: Values) -> Errors:
    """Yield an error if the topic has the name of one of Reprieve's other topics."""
    name, names = table(values, "notify").get("topic_name"), names_of(values)
    others = {
        names.lifeline: "is the name of the topic that warns when the key of the alerts is in "
        "danger",
        names.alarms: "is the name of the topic that sends the alarms",
    }
    if isinstance(name, str) and name in others:
        yield invalid_at(("notify", "topic_name"), name, others[name], "use another name")
    default = Names()
    if (
        isinstance(name, str)
        and names.prefix != default.prefix
        and (name.startswith(default.beginning))
    ):
        yield invalid_at(
            ("notify", "topic_name"),
            name,
            "is a name of the deployment with the default prefix: both would use the same topic",
            f'remove it: the topic is then "{names.alerts}"',
        )


def _partition(values: Values) -> tuple[str | None, str]:
    """Return the partition of the settings, and the setting it comes from, with its verb.

    The partition is that of the first Region in `watch` or of `home`, otherwise `aws`; None if an
    error hides which one is meant.
    """
    named = texts(values, "regions", "watch") | texts(values, "regions", "home")
    for place, text in named.items():
        if partition := regions.partition_of(text):
            return partition, f"{key_of(place)} is"
    given = table(values, "regions")
    is_default = given.get("watch") in WATCH_WORDS and "home" not in given
    return "aws" if is_default else None, "the Regions to watch are"


def _partition_errors(values: Values, partition: str, reference: str) -> Errors:
    """Yield each value that is in another partition."""
    for key in ("watch", "home", "exclude"):
        for place, text in texts(values, "regions", key).items():
            yield from other_partition_at(
                place,
                text,
                regions.partition_of(text),
                partition,
                "name Regions of one partition; another partition is another account, with its "
                "own settings",
                reference,
            )
    role = texts(values, "remediation", "automation_role_arn")
    principals = texts(values, "exempt", "principals") | texts(values, "exempt", "deployers")
    principals |= entry_texts(values, "exemption", "principal")
    keys = texts(values, "exempt", "keys") | texts(values, "notify", "encryption")
    keys |= entry_texts(values, "exemption", "key")
    found = {place: principal_partition(text, ["role"]) for place, text in role.items()}
    found |= {place: principal_partition(text) for place, text in principals.items()}
    found |= {place: (key_home(text) or (None,))[0] for place, text in keys.items()}
    arns = role | principals | keys
    for place, other in found.items():
        hint = "use an ARN of the account to watch"
        yield from other_partition_at(place, arns[place], other, partition, hint, reference)


def _watched(values: Values, partition: str) -> list[str] | None:
    """Return the watched Regions, sorted; None if `regions.watch` has errors."""
    watch = table(values, "regions").get("watch")
    if isinstance(watch, list | tuple):
        known = [isinstance(each, str) and regions.partition_of(each) for each in watch]
        if not known or not all(known):
            return None
    elif watch not in WATCH_WORDS:
        return None
    excluded = texts(values, "regions", "exclude").values()
    return sorted(set(named_regions(watch, partition)) - set(excluded))


def _alert_key_errors(values: Values, watched: list[str]) -> Errors:
    """Yield the keys for alerts that serve no watched Region, and the Regions without a key."""
    keys = texts(values, "notify", "encryption")
    served: dict[str, Place] = {}
    for place, arn in keys.items():
        _, region = key_home(arn) or (None, None)
        if region is None:
            return  # its own error hides which Region it is for
        if region in watched and region in served:
            hint = f"keep it, or {key_of(served[region])}"
            yield invalid_at(place, arn, f"is the second key in {region}", hint)
        yield from _unwatched(place, arn, region, watched)
        served.setdefault(region, place)
    missing = [region for region in watched if region not in served]
    if keys and missing:
        yield invalid_at(
            ("notify", "encryption"),
            list(keys.values()),
            f"has no key in {', '.join(missing)}",
            "name a key in each watched Region; a topic can only use a key of its own Region",
        )


def _exemption_errors(values: Values, partition: str, watched: list[str]) -> Errors:
    """Yield the exempt keys that no guard sees, and patterns that EventBridge would refuse."""
    principals = texts(values, "exempt", "principals").values()
    keys = texts(values, "exempt", "keys")
    homes = {place: home for place, text in keys.items() if (home := key_home(text))}
    for place, (_, region) in homes.items():
        if region:
            yield from _unwatched(place, keys[place], region, watched)
    for region in watched:
        exemptions = exemptions_in(
            region,
            filter(principal_partition, principals),
            [keys[place] for place in homes],
            partition=partition,
            account="0" * 12,  # the ids of all accounts have this length
        )
        patterns = split(KEY_DELETION_SCHEDULED.event_pattern, exemptions) if exemptions else ()
        longest = max((len(pattern_json(pattern)) for pattern in patterns), default=0)
        if longest > MAX_PATTERN_LENGTH:
            yield invalid_at(
                ("exempt",),
                {},
                f"makes an event pattern of {longest:,} characters in {region}; "
                f"EventBridge accepts {MAX_PATTERN_LENGTH:,}",
                "name fewer principals: for example one role that many people assume",
            )
            return  # the other Regions have the same list


def _unwatched(place: Place, arn: str, region: str, watched: list[str]) -> Errors:
    """Yield an error if a key is in a Region that is not watched."""
    if region not in watched:
        rule = f"is in {region}, which is not watched"
        yield invalid_at(place, arn, rule, "remove it from the list, or watch its Region")
