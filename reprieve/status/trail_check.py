"""Whether CloudTrail's trails log the calls that the rules wait for: other calls, no rule sees."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reprieve.aws.account import Account, explain
from reprieve.events.watched_calls import WatchedCall
from reprieve.runbooks.scripts.trails import field_selects, trail_gap
from reprieve.status.commands import aws_command
from reprieve.status.findings import Check, Finding, Kind, Verdict, check_of
from reprieve.text import printable

Trail = Mapping[str, Any]

_NAMED: Final = 8
"""How many calls a sentence names."""


@dataclass(frozen=True)
class Logging:
    """What a trail logs: the answers of GetTrailStatus and GetEventSelectors.

    `status` also has what DescribeTrails says of the trail.
    """

    status: Mapping[str, Any]
    selectors: Mapping[str, Any]

    def gap(self, call: WatchedCall) -> str | None:
        """Return why the trail does not log every such call, None if it does."""
        # Basic selectors know no names.
        calls = [(call.source, "")]
        advanced = self.selectors.get("AdvancedEventSelectors")
        if advanced and not trail_gap(self.status, {}, calls):
            return _advanced_gap(advanced, call)
        return trail_gap(self.status, self.selectors, calls)


def trails_of(account: Account, region: str) -> dict[str, Trail]:
    """Return the trails that cover a Region, by their ARNs; others' homes may be elsewhere."""
    client = account.client("cloudtrail", region)
    found = client.describe_trails(includeShadowTrails=True)["trailList"]
    return {trail["TrailARN"]: trail for trail in found}


def logging_of(account: Account, trail: Trail) -> Logging:
    """Return what a trail logs; reads its home Region."""
    client, arn = account.client("cloudtrail", trail["HomeRegion"]), trail["TrailARN"]
    status = {**trail, **client.get_trail_status(Name=arn)}
    return Logging(status, client.get_event_selectors(TrailName=arn))


def trail_check(
    trails: Iterable[Trail],
    logging: Mapping[str, Logging | Exception],
    calls: Iterable[WatchedCall],
) -> Check:
    """Check that each call is logged by one of the trails that cover a Region.

    `logging` has by the trails' ARNs what `logging_of` returned or raised.
    """
    trails, calls = list(trails), list(calls)
    if not trails:
        problem = "There is no CloudTrail trail, so Reprieve does not see any call."
        return check_of("trail", "NONE", [_finding(Kind.MISSING, problem, _CREATE)])
    read = {trail["Name"]: logging[trail["TrailARN"]] for trail in trails}
    unread = {name: each for name, each in read.items() if isinstance(each, Exception)}
    known = {name: each for name, each in read.items() if isinstance(each, Logging)}
    unseen = [call for call in calls if all(each.gap(call) for each in known.values())]
    if not unseen:
        return Check("trail", "logs")
    # An organization's trail may be closed to its member accounts.
    reasons = [f"{name}: it cannot be read. {explain(error)}" for name, error in unread.items()]
    for name, each in known.items():
        gaps = dict.fromkeys(str(each.gap(call)) for call in unseen)
        reasons.append(f"{name}: {'; '.join(gaps)}")
    start = None if unread else _start(trails)
    return _failed(unseen, len(unseen) == len(calls), printable("; ".join(reasons)), start)


def _failed(unseen: list[WatchedCall], blind: bool, reasons: str, start: str | None) -> Check:
    """Return the check that failed; `start` is what to do, None if a trail could not be read."""
    what = "the calls that Reprieve watches" if blind else _names(unseen)
    problem = f"No trail is known to log {what} ({reasons})."
    if start is None:
        return Check("trail", "?", (_finding(Kind.UNKNOWN, problem, _ASK),), Verdict.UNKNOWN)
    outcome = "Reprieve does not see any call." if blind else "Reprieve does not see those calls."
    finding = _finding(Kind.DIFFERENT, f"{problem} {outcome}", start)
    return check_of("trail", "BLIND" if blind else "PARTLY", [finding])


def _names(calls: list[WatchedCall]) -> str:
    names = list(dict.fromkeys(map(str, calls)))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _finding(kind: Kind, problem: str, hint: str) -> Finding:
    return Finding("trail", kind, problem, hint)


_CREATE = (
    "Create a trail for all Regions that logs management events: "
    "`aws cloudtrail create-trail --name NAME --s3-bucket-name BUCKET --is-multi-region-trail`, "
    "then `aws cloudtrail start-logging --name NAME`."
)
_ASK = "Ask the owner of the trail whether it logs these calls, or run `reprieve drill` to test it."


def _start(trails: Sequence[Trail]) -> str:
    """Return what to do about trails that do not log; of several, the reader has to choose one."""
    region, arn = "HOME_REGION", "TRAIL_ARN"
    if len(trails) == 1:
        region, arn = trails[0]["HomeRegion"], trails[0]["TrailARN"]
    start = aws_command(region, "cloudtrail", "start-logging", "--name", arn)
    options = "--trail-name", arn, "--event-selectors", "SELECTORS"
    select = aws_command(region, "cloudtrail", "put-event-selectors", *options)
    return (
        f"Start it with {start}. It must log all write management events, including those of KMS, "
        f"for all callers: {select}."
    )


def _advanced_gap(selectors: Iterable[Mapping[str, Any]], call: WatchedCall) -> str | None:
    """Return why advanced selectors leave out such a call, or some callers' calls."""
    record = _record(call)
    selected = [
        [each for each in selector["FieldSelectors"] if not field_selects(each, record)]
        for selector in selectors
    ]
    if [] in selected:
        return None
    by_others = [each for each in selected if not any(field["Field"] in record for field in each)]
    if by_others:
        fields = ", ".join(dict.fromkeys(field["Field"] for each in by_others for field in each))
        return f"its advanced event selectors exclude some by {fields}"
    return "none of its advanced event selectors selects them"


def _record(call: WatchedCall) -> dict[str, str | None]:
    """Return the record of a call, by the field names of advanced event selectors."""
    return {
        "eventCategory": "Management",
        "readOnly": "false",
        "eventSource": call.source,
        "eventType": call.type,
        "eventName": call.name,
    }
