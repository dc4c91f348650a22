"""The rules that no value can be checked by alone."""

from collections.abc import Iterator, Mapping

from pydantic_core import InitErrorDetails

from reprieve import regions
from reprieve.events.exemptions import exemptions_in, split
from reprieve.events.patterns import MAX_PATTERN_LENGTH
from reprieve.events.threats import BY_NAME, KEY_DELETION_SCHEDULED, KEY_DISABLED, pattern_json
from reprieve.names import LIFELINE
from reprieve.settings.errors import Place, key_of
from reprieve.settings.state import state_errors
from reprieve.settings.types import (
    WATCH_WORDS,
    invalid_at,
    key_home,
    principal_partition,
    role_partition,
)

# A metric-math alarm takes ten metrics (CloudWatch user guide, «Using metric math»).
MAX_ALARM_METRICS = 10


def named_regions(watch: object, partition: str) -> tuple[str, ...]:
    """Return the Regions that a sound `regions.watch` names, in its order."""
    if watch == "default":
        return regions.default_regions(partition)
    if watch == "all":
        return regions.known_regions(partition)
    return tuple(watch) if isinstance(watch, list | tuple) else ()


def cross_field_errors(values: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield the errors among several values; errors of single values are left to their types.

    Args:
        values: The settings before validation, so each may be anything. What is not as it should
            be is passed over: an error must not bring forth others.
    """
    emails = _texts(values, "notify", "emails")
    watch = _texts(values, "regions", "watch")
    home = _texts(values, "regions", "home")
    exclude = _texts(values, "regions", "exclude")
    principals = _texts(values, "exempt", "principals")
    keys = _texts(values, "exempt", "keys")
    threats = _texts(values, "notify", "threats")
    alert_keys = _texts(values, "notify", "encryption")
    for texts in (emails, threats, watch, exclude, principals, keys, alert_keys):
        yield from _duplicates(texts)
    yield from _remediation_errors(values, set(threats.values()))
    yield from _watch_errors(values)
    if _table(values, "notify").get("encryption", "none") != "none":
        for place, text in _texts(values, "notify", "topic_name").items():
            if text == LIFELINE:
                yield invalid_at(
                    place,
                    text,
                    "is the name of the topic that tells when the key of the alerts is endangered",
                    "take another name",
                )

    partitions = {
        place: partition
        for place, text in (watch | home | exclude).items()
        if (partition := regions.partition_of(text))
    }
    said = _table(values, "regions").get("watch", "default")
    by_word = isinstance(said, str) and said in WATCH_WORDS
    # The first Region that says where the settings are meant for speaks for the others.
    spoken = next((place for place in partitions if place not in exclude), None)
    if spoken:
        partition = partitions[spoken]
    elif by_word and not home:
        partition = "aws"
    else:
        yield from state_errors(_table(values, "state"), None)
        return
    yield from state_errors(_table(values, "state"), partition)
    by = f"{key_of(spoken)} is" if spoken else "the Regions to watch are"
    for place, other in partitions.items():
        if other != partition:
            text = (watch | home | exclude)[place]
            yield invalid_at(
                place,
                text,
                f"is in the partition {other}; {by} in {partition}",
                "keep the Regions of one partition; the other is another account, with its own "
                "settings",
            )
    for place, arn in _texts(values, "remediation", "automation_role_arn").items():
        if role_partition(arn) not in (None, partition):
            yield invalid_at(
                place,
                arn,
                f"is in the partition {role_partition(arn)}; {by} in {partition}",
                "name a role of the account to watch",
            )

    for place, text in (principals | keys | alert_keys).items():
        named = principal_partition(text) if place in principals else (key_home(text) or (None,))[0]
        if named not in (None, partition):
            yield invalid_at(
                place,
                text,
                f"is in the partition {named}; {by} in {partition}",
                "name one of the account to watch",
            )

    listed = isinstance(said, list | tuple) and len(said) == len(partitions.keys() & watch.keys())
    if by_word or (said and listed):
        watched = set(named_regions(said, partition))
        if watched <= set(exclude.values()):
            yield invalid_at(
                ("regions", "exclude"),
                list(exclude.values()),
                "leaves no Region to watch",
                "take one out of the list, at least",
            )
        guarded = sorted(watched - {*exclude.values()})
        yield from _exemption_errors(principals, keys, partition, guarded)
        yield from _alert_key_errors(alert_keys, guarded)


def _remediation_errors(
    values: Mapping[str, object], threats: set[str]
) -> Iterator[InitErrorDetails]:
    """Yield what remediation is asked to do without the threat, or the runbook, that it needs."""
    remediation = _table(values, "remediation")
    enabled, runbook = remediation.get("enabled", True), remediation.get("runbook", "reprieve")
    known = bool(threats) and threats <= BY_NAME.keys()  # else they have an error of their own
    if known and enabled is True and KEY_DELETION_SCHEDULED.name not in threats:
        yield invalid_at(
            ("notify", "threats"),
            sorted(threats),
            f'lacks "{KEY_DELETION_SCHEDULED.name}", which remediation takes back',
            "add it, or set remediation.enabled = false",
        )
    for key in ("re_enable", "enable_disabled"):
        if remediation.get(key) is not True:
            continue
        if enabled is False:
            rule, hint = "needs remediation, which is off", "set remediation.enabled = true"
        elif runbook == "aws":
            rule, hint = "needs a runbook that can enable keys", 'set runbook = "reprieve"'
        elif key == "enable_disabled" and known and KEY_DISABLED.name not in threats:
            rule, hint = f'needs "{KEY_DISABLED.name}" among notify.threats', "add it there"
        else:
            continue
        yield invalid_at(("remediation", key), True, rule, hint)


def _watch_errors(values: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield the watches of one name, and those that are too many for their alarm."""
    watches = values.get("watch")
    if not isinstance(watches, list | tuple):
        return
    names: dict[Place, str] = {
        ("watch", index, "name"): watch["name"]
        for index, watch in enumerate(watches)
        if isinstance(watch, dict) and isinstance(watch.get("name"), str)
    }
    yield from _duplicates(names)
    alarms = _table(values, "reliability").get("alarms", True)
    if len(watches) > MAX_ALARM_METRICS and alarms is True:
        yield invalid_at(
            ("watch",),
            f"{len(watches)} tables",
            f"are more than the {MAX_ALARM_METRICS} rules that one CloudWatch alarm can sum up",
            "match several kinds of events with one pattern, or set reliability.alarms = false",
        )


def _alert_key_errors(keys: Mapping[Place, str], guarded: list[str]) -> Iterator[InitErrorDetails]:
    """Yield the keys for alerts that serve no watched Region, and the Regions that have none."""
    served: dict[str, Place] = {}
    for place, arn in keys.items():
        _, region = key_home(arn) or (None, None)
        if region is None:
            return  # its own error, and which Region it was meant for nobody knows
        if region not in guarded:
            yield invalid_at(
                place,
                arn,
                f"is in {region}, which is not watched",
                "take it out of the list, or watch its Region",
            )
        elif region in served:
            yield invalid_at(
                place,
                arn,
                f"is the second key in {region}",
                f"keep it, or {key_of(served[region])}",
            )
        served.setdefault(region, place)
    missing = [region for region in guarded if region not in served]
    if keys and missing:
        yield invalid_at(
            ("notify", "encryption"),
            list(keys.values()),
            f"has no key in {', '.join(missing)}",
            "name a key in each watched Region; a topic can use one of its own Region only",
        )


def _exemption_errors(
    principals: Mapping[Place, str], keys: Mapping[Place, str], partition: str, watched: list[str]
) -> Iterator[InitErrorDetails]:
    """Yield the keys that no guard would see, and patterns that EventBridge would refuse."""
    homes = {place: home for place, text in keys.items() if (home := key_home(text))}
    for place, (_, region) in homes.items():
        if region and region not in watched:
            yield invalid_at(
                place,
                keys[place],
                f"is in {region}, which is not watched",
                "take it out of the list, or watch its Region",
            )
    for region in watched:
        exemptions = exemptions_in(
            region,
            filter(principal_partition, principals.values()),
            [keys[place] for place in homes],
            partition=partition,
            account="0" * 12,  # any: all are of this length
        )
        patterns = split(KEY_DELETION_SCHEDULED.event_pattern, exemptions) if exemptions else ()
        longest = max((len(pattern_json(pattern)) for pattern in patterns), default=0)
        if longest > MAX_PATTERN_LENGTH:
            yield invalid_at(
                ("exempt",),
                {},
                f"makes an event pattern of {longest:,} characters in {region}; "
                f"EventBridge takes {MAX_PATTERN_LENGTH:,}",
                "name fewer: one role that many people assume, say, instead of many users",
            )
            return  # the other Regions have the same list


def _table(values: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return a table of the settings; an empty one if it is none."""
    table = values.get(name)
    return table if isinstance(table, dict) else {}


def _texts(values: Mapping[str, object], table: str, key: str) -> dict[Place, str]:
    """Return the texts of a setting by their places: those in a list, or the one that it is."""
    value = _table(values, table).get(key)
    if isinstance(value, list | tuple):
        items = enumerate(value)
        return {(table, key, index): item for index, item in items if isinstance(item, str)}
    return {(table, key): value} if isinstance(value, str) else {}


def _duplicates(texts: Mapping[Place, str]) -> Iterator[InitErrorDetails]:
    """Yield each text that an earlier one equals, upper and lower case being the same."""
    first: dict[str, Place] = {}
    for place, text in texts.items():
        earlier = first.setdefault(text.lower(), place)
        if earlier != place:
            yield invalid_at(
                place, text, f"is already {key_of(earlier)}", "take one of the two out"
            )
