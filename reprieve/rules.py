"""The rules that no value can be checked by alone, and pydantic's own rules in words of ours."""

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic_core import ErrorDetails, InitErrorDetails

from reprieve import regions
from reprieve.exemptions import exemptions_in, split
from reprieve.faults import Place, key_of, nearest, shown
from reprieve.patterns import MAX_PATTERN_LENGTH
from reprieve.threats import KEY_DELETION_SCHEDULED, pattern_json
from reprieve.values import WATCH_WORDS, broken, key_home, principal_partition, role_partition

Tables = Mapping[str, Mapping[str, object]]
"""The settings there are: `{table: {key: …}}`, in the order of the file."""

# What pydantic finds, by its names for it.
_TYPES: Final = {
    "missing": (
        "is required",
        'write emails = ["security@example.com"] under [notify], or set REPRIEVE_NOTIFY__EMAILS',
    ),
    "string_type": ("is not text", "write a text, in quotation marks"),
    "string_unicode": ("is not text in UTF-8", "type it anew"),
    "bool_type": ("is neither true nor false", "write true or false, without quotation marks"),
    "model_type": ("is not a table", "write its keys under its name in brackets, as in [notify]"),
}


def named_regions(watch: object, partition: str) -> tuple[str, ...]:
    """Return the Regions that a sound `regions.watch` names, in its order."""
    if watch == "default":
        return regions.default_regions(partition)
    if watch == "all":
        return regions.known_regions(partition)
    return tuple(watch) if isinstance(watch, list | tuple) else ()


def relations(values: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield the faults among several values; faults of single values are left to their types.

    Args:
        values: The settings before validation, so each may be anything. What is not as it should
            be is passed over: a fault must not bring forth others.
    """
    emails = _texts(values, "notify", "emails")
    watch = _texts(values, "regions", "watch")
    home = _texts(values, "regions", "home")
    exclude = _texts(values, "regions", "exclude")
    principals = _texts(values, "exempt", "principals")
    keys = _texts(values, "exempt", "keys")
    for texts in (emails, watch, exclude, principals, keys):
        yield from _doubled(texts)

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
        return
    by = f"{key_of(spoken)} is" if spoken else "the Regions to watch are"
    for place, other in partitions.items():
        if other != partition:
            text = (watch | home | exclude)[place]
            yield _broken(
                place,
                text,
                f"is in the partition {other}; {by} in {partition}",
                "keep the Regions of one partition; the other is another account, with its own "
                "settings",
            )
    for place, arn in _texts(values, "remediation", "automation_role_arn").items():
        if role_partition(arn) not in (None, partition):
            yield _broken(
                place,
                arn,
                f"is in the partition {role_partition(arn)}; {by} in {partition}",
                "name a role of the account to watch",
            )

    for place, text in (principals | keys).items():
        named = principal_partition(text) if place in principals else (key_home(text) or (None,))[0]
        if named not in (None, partition):
            yield _broken(
                place,
                text,
                f"is in the partition {named}; {by} in {partition}",
                "name one of the account to watch",
            )

    listed = isinstance(said, list | tuple) and len(said) == len(partitions.keys() & watch.keys())
    if by_word or (said and listed):
        watched = set(named_regions(said, partition))
        for place, text in exclude.items():
            if partitions.get(place) == partition and text not in watched:
                yield _broken(
                    place, text, "is not among the Regions to watch", "take it out of the list"
                )
        if watched <= set(exclude.values()):
            yield _broken(
                ("regions", "exclude"),
                list(exclude.values()),
                "leaves no Region to watch",
                "take one out of the list, at least",
            )
        yield from _exemptions(principals, keys, partition, sorted(watched - {*exclude.values()}))


def _exemptions(
    principals: Mapping[Place, str], keys: Mapping[Place, str], partition: str, watched: list[str]
) -> Iterator[InitErrorDetails]:
    """Yield the keys that no guard would see, and patterns that EventBridge would refuse."""
    homes = {place: home for place, text in keys.items() if (home := key_home(text))}
    for place, (_, region) in homes.items():
        if region and region not in watched:
            yield _broken(
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
            yield _broken(
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


def _doubled(texts: Mapping[Place, str]) -> Iterator[InitErrorDetails]:
    """Yield each text that an earlier one equals, upper and lower case being the same."""
    first: dict[str, Place] = {}
    for place, text in texts.items():
        earlier = first.setdefault(text.lower(), place)
        if earlier != place:
            yield _broken(place, text, f"is already {key_of(earlier)}", "take one of the two out")


def worded(error: ErrorDetails, tables: Tables) -> InitErrorDetails:
    """Return what pydantic found as a place, a rule and a remedy."""
    # Behind table and key only an index is a place; pydantic also names the type that it tried.
    place = tuple(
        part for depth, part in enumerate(error["loc"]) if depth < 2 or isinstance(part, int)
    )
    value, kind = error["input"], error["type"]
    if kind == "reprieve":
        rule, remedy = error["ctx"]["rule"], error["ctx"]["remedy"]
    elif kind == "literal_error":
        rule, remedy = 'is not "default", "all" or a list of Regions', _meant_by_watch(value)
    elif kind == "extra_forbidden":
        rule, remedy = "is not a setting", _where_it_belongs(place, tables)
    elif kind == "tuple_type":
        rule, remedy = "is not a list", _as_list(value)
    elif kind == "missing":
        value, (rule, remedy) = None, _TYPES[kind]
    else:
        rule, remedy = _TYPES.get(kind, (f"is refused: {error['msg']}", "see docs/settings.md"))
    return _broken(place, value, rule, remedy)


def _as_list(value: object) -> str:
    if isinstance(value, str) and not value.startswith("["):
        return f"write {shown([value])}"
    return 'write ["…", "…"]; in an environment variable …,… will do'


def _meant_by_watch(value: object) -> str:
    near = nearest(value, (*WATCH_WORDS, *regions.every_region())) if isinstance(value, str) else ""
    return f"write {shown(near if near in WATCH_WORDS else [near or 'eu-west-1'])}"


def _where_it_belongs(place: Place, tables: Tables) -> str:
    """Return the remedy for a key, or a table, that there is not."""
    *above, name = map(str, place)
    owners = {key: table for table, keys in tables.items() for key in keys}
    if name in owners:
        return f"it belongs to the table [{owners[name]}]"
    if above:
        keys = tables[above[0]]
        near = nearest(name, keys)
        return f"did you mean {near}?" if near else f"[{above[0]}] has {', '.join(keys)}"
    near = nearest(name, (*tables, *owners))
    if near in owners:
        return f"did you mean {near} in the table [{owners[near]}]?"
    if near:
        return f"did you mean the table [{near}]?"
    return f"the tables are {', '.join(f'[{table}]' for table in tables)}"


def _broken(place: Place, value: object, rule: str, remedy: str) -> InitErrorDetails:
    return InitErrorDetails(type=broken(rule, remedy), loc=place, input=value)
