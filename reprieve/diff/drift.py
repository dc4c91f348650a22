"""What was changed outside of Terraform, and what a plan does about it.

A plan compares with what is there now. A change that puts back what somebody else changed is
restored, and weakens nothing: it is judged by what was there before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from reprieve.diff.differences import attribute_of, between, parsed
from reprieve.diff.plan import Change, Plan
from reprieve.diff.policy_diff import compare
from reprieve.diff.runbooks import differences_of
from reprieve.diff.weakenings import Weakening, weakenings_of

# A deprecated attribute of a rule, and the attribute that the provider writes together with it.
_LEADERS: Final = {"is_enabled": "state"}
_POLICIES: Final = ("policy", "assume_role_policy")


@dataclass(frozen=True)
class Drift:
    """What was changed outside of Terraform to one resource.

    `change` is what was done, `planned` what the plan does to the resource. `back` are the
    attributes that the plan changes again, `left` those that it leaves.
    """

    change: Change
    planned: Change | None
    back: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def put_back(self) -> Change | None:
        """The part of the drift that the plan reverts, or changes again."""
        if self.change.before is None or self.change.after is None:
            return self.change if self.planned and self.planned.is_change else None
        return _only(self.change, self.back)

    @property
    def overwritten(self) -> Change | None:
        """The part of the drift that the plan changes to something else than it was before."""
        return _only(self.change, [name for name in self.back if name not in self._restored])

    @property
    def remaining(self) -> Change | None:
        """The part of the drift that the plan leaves as it is."""
        if self.change.after is None:
            return self.change if self.left else None
        return _only(self.change, self.left)

    @cached_property
    def restored(self) -> Change | None:
        """The part of the planned change that only puts back what was there before."""
        planned = self.planned
        if planned is None or not planned.is_change or self.change.before is None:
            return None
        if self.change.after is None:
            return planned if planned.before is None and self._creates_the_same else None
        if planned.is_replacement:
            changed = {attribute_of(each) for each in differences_of(planned)}
            return planned if changed and changed <= self._restored else None
        return _only(planned, sorted(self._restored))

    @cached_property
    def intended(self) -> Change | None:
        """The rest of the planned change, which the configuration brings."""
        planned, restored = self.planned, self.restored
        if planned is None or restored is None:
            return planned
        if planned.before is None or planned.after is None or planned.is_replacement:
            return None
        same = {name: planned.after.get(name) for name in self._restored}
        rest = replace(planned, before={**planned.before, **same})
        return rest if differences_of(rest) else None

    def weakenings(
        self, change: Change, siblings: tuple[Change, ...], everything: tuple[Change, ...]
    ) -> list[Weakening]:
        """Return how the planned change weakens protection, judged by what was there before.

        Where somebody strengthened something outside of Terraform, what is there now counts too.
        """
        former = self.change.before
        if former is None:
            return weakenings_of(change, siblings, everything)
        if change.before is None:
            as_replaced = replace(change, before=former, actions=("create", "delete"))
            found = weakenings_of(as_replaced, siblings, everything)
            return [each for each in found if each.kind not in ("gap", "not-known")]
        hardened = [name for name in self.back if self._hardens(name)]
        after = change.after or {}
        # What is restored does not differ, whatever the provider writes of it.
        original = {
            name: after.get(name) if name in self._restored else former.get(name)
            for name in self.back
        }
        weakened = {name: each for name, each in original.items() if name not in hardened}
        found = weakenings_of(
            replace(change, before={**change.before, **weakened}), siblings, everything
        )
        if hardened:
            kinds = {each.kind for each in found}
            more = weakenings_of(
                replace(change, before={**change.before, **original}), siblings, everything
            )
            found += [each for each in more if each.kind not in kinds]
        return found

    @cached_property
    def _restored(self) -> set[str]:
        """The attributes that the plan puts back to what they were."""
        before, after = self.change.before or {}, (self.planned and self.planned.after) or {}
        same = {
            name
            for name in self.back
            if not between({name: before.get(name)}, {name: after.get(name)})
        }
        return same | {name for name in self.back if _LEADERS.get(name) in same}

    @property
    def _creates_the_same(self) -> bool:
        """Whether a resource that was deleted is created as it was, so far as it is configured."""
        before, planned = self.change.before or {}, self.planned
        after = (planned and planned.after) or {}
        configured = (planned and planned.configured) or frozenset()
        return not any(
            between({name: before.get(name)}, {name: after.get(name)}) for name in configured
        )

    def _hardens(self, name: str) -> bool:
        """Whether the drift of an attribute strengthened protection, or may have."""
        drift = _only(self.change, [name])
        if drift is None:
            return False
        reverted = replace(drift, before=drift.after, after=drift.before)
        if name in _POLICIES and _adds_denials(drift, name):
            return True
        return not weakenings_of(drift) and bool(weakenings_of(reverted))


class Drifts:
    """What was changed outside of Terraform to the resources of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        planned = {each.address: each for each in plan.resources}
        self.all = tuple(self._drift(each, planned.get(each.address)) for each in plan.drift)
        self._by_address = {each.change.address: each for each in self.all}

    def of(self, change: Change) -> Drift | None:
        """Return the drift of a resource that the plan changes; None if there is none."""
        return self._by_address.get(change.address)

    def intended(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Yield of each change what the configuration brings; nothing if it only restores."""
        for each in changes:
            drift = self.of(each)
            rest = drift.intended if drift else each
            if rest:
                yield rest

    def _drift(self, drift: Change, planned: Change | None) -> Drift:
        if drift.before is not None and drift.after is None and planned is None:
            # It was deleted, and has left the configuration: nothing creates it again.
            return Drift(drift, None, (), tuple(drift.before))
        if drift.before is None or drift.after is None or (planned and planned.is_deletion):
            return Drift(drift, None if planned and planned.is_deletion else planned, (), ())
        names = [
            name
            for name in dict.fromkeys([*drift.before, *drift.after])
            if between({name: drift.before.get(name)}, {name: drift.after.get(name)})
            and not self._is_of_another(drift, name, drift.after.get(name))
        ]
        after = (planned.after if planned and planned.is_change else None) or drift.after
        back = [
            name
            for name in names
            if between({name: drift.after.get(name)}, {name: after.get(name)})
        ]
        back += [name for name in names if name not in back and _LEADERS.get(name) in back]
        left = [name for name in names if name not in back]
        return Drift(drift, planned, tuple(back), tuple(left))

    def _is_of_another(self, drift: Change, name: str, now: Any) -> bool:
        """Whether an attribute only mirrors another resource of the plan.

        A topic shows the policy of `aws_sns_topic_policy`, a role the policies of
        `aws_iam_role_policy`. The first refresh after their creation reports them as changed.
        """
        if (drift.type, name) == ("aws_iam_role", "inline_policy"):
            own = {
                (v.get("name"), _canonical(v.get("policy")))
                for v in self._values("aws_iam_role_policy")
            }
            return all((e.get("name"), _canonical(e.get("policy"))) in own for e in now or [])
        if name == "stack_instance_summaries":
            return True  # accounts have joined or left: StackSets deploys to them by itself
        if (drift.type, name) == ("aws_s3_bucket", "policy"):
            bucket = (drift.after or {}).get("bucket")
            return any(v.get("bucket") == bucket for v in self._values("aws_s3_bucket_policy"))
        if (drift.type, name) == ("aws_sns_topic", "policy"):
            arn = (drift.after or {}).get("arn")
            # A change of the policy itself is reported as the policy's own drift.
            return any(v.get("arn") == arn for v in self._values("aws_sns_topic_policy"))
        if (drift.type, name) == ("aws_sqs_queue", "policy"):
            url = (drift.after or {}).get("url")
            return any(v.get("queue_url") == url for v in self._values("aws_sqs_queue_policy"))
        if (drift.type, name) == ("aws_iam_role", "managed_policy_arns"):
            own_arns = {v.get("policy_arn") for v in self._values("aws_iam_role_policy_attachment")}
            return all(arn in own_arns for arn in now or [])
        return False

    def _values(self, type: str) -> list[dict[str, Any]]:
        """Return the attributes of the plan's resources of a type: before, and after."""
        return [
            values
            for each in self._plan.resources
            if each.type == type
            for values in (each.before, each.after)
            if values
        ]


def _only(change: Change, names: Iterable[str]) -> Change | None:
    """Return a change of these attributes only; None if there are none."""
    names = list(names)
    if not names or change.before is None or change.after is None:
        return None
    after = {**change.before, **{name: change.after.get(name) for name in names}}
    return replace(change, configured=None, after=after)


def _adds_denials(drift: Change, name: str) -> bool:
    """Whether a policy denies more than before: to protect something, or to silence the guard."""
    before, after = (parsed((values or {}).get(name)) for values in (drift.before, drift.after))
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    try:
        return bool(compare(before, after).denied)
    except (AttributeError, TypeError, ValueError):
        return True


def _canonical(policy: Any) -> str:
    return repr(_sorted(parsed(policy)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((name, _sorted(each)) for name, each in value.items())
    return value
