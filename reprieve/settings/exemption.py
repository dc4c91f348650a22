"""Exemptions that end: `[[exemption]]`, its types, and the rules between its keys."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_core import InitErrorDetails

from reprieve.names import ALERT_KEY_TAG, DRILL_TAG
from reprieve.settings.arns import Key, PrincipalArn
from reprieve.settings.common import TagValue, tag_text
from reprieve.settings.invalid import invalid, invalid_at, plain
from reprieve.settings.types import without_variables
from reprieve.settings.unvalidated import Values, table

KINDS: Final = ("principal", "key", "tags")
"""What an exemption can be for: each has exactly one of these."""

_NOT_FOR_EXEMPTIONS: Final = (ALERT_KEY_TAG, DRILL_TAG, "reprieve:version")

Errors = Iterator[InitErrorDetails]


def _exempt_tag_key(text: str) -> str:
    """Refuse a key that no KMS key can have, and the tags of Reprieve's own keys."""
    if text in _NOT_FOR_EXEMPTIONS:
        raise invalid("is a tag that Reprieve itself gives keys", 'write it like "reprieve:exempt"')
    return tag_text(text)


def _day(value: Any) -> Any:
    """Refuse anything but a day; the environment and JSON have it as text."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise invalid("is not a date", "write it without quotation marks, like 2027-01-31")


def _reason(text: str) -> str:
    """Refuse what EventBridge reads as a variable, and long texts."""
    if len(text) > 200:
        raise invalid(f"has {len(text)} characters, not up to 200", "write one sentence")
    return without_variables(text)


ExemptTags = dict[
    Annotated[str, AfterValidator(plain), AfterValidator(_exempt_tag_key)],
    TagValue,
]
_Until = Annotated[date, BeforeValidator(_day)]
_Reason = Annotated[str, AfterValidator(plain), AfterValidator(_reason)]


class ExemptionSettings(BaseModel, frozen=True, extra="forbid"):
    """An exemption with an end date, for one principal, one key, or keys with a tag."""

    until: _Until = Field(
        description="The last day on which a scheduled deletion is exempt, in UTC, like 2027-01-31."
    )
    principal: PrincipalArn | None = Field(
        default=None, description="The ARN of an IAM role or user, as in `exempt.principals`."
    )
    key: Key | None = Field(
        default=None, description="The id or ARN of a KMS key, as in `exempt.keys`."
    )
    tags: ExemptTags = Field(
        default={}, description="Tags of which a KMS key needs one, as in `exempt.tags`."
    )
    reason: _Reason = Field(
        default="", description="Why, for the alert: one sentence of up to 200 characters."
    )

    @property
    def text(self) -> str:
        """What is exempt, until when, and why."""
        what = f"deletions by {self.principal}" if self.principal else f"the key {self.key}"
        if self.tags:
            what = tags_text(self.tags)
        because = f" ({self.reason})" if self.reason else ""
        return f"{what}, until {self.until}{because}"


def tags_text(tags: dict[str, str]) -> str:
    """Return which keys are exempt by their tags."""
    names = " or ".join(f"{key}={value}" for key, value in tags.items())
    return f"keys with the tag {names}"


def ended(exemptions: tuple[ExemptionSettings, ...], today: date) -> Iterator[str]:
    """Yield a sentence for each exemption that has ended: it exempts nothing any more."""
    for index, each in enumerate(exemptions):
        if each.until < today:
            yield (
                f"exemption[{index}] ended on {each.until}: it exempts nothing any more. Remove it."
            )


def exemption_errors(values: Values) -> Errors:
    """Yield exemptions that are for nothing or for several things, and a runbook without them."""
    given = values.get("exemption")
    entries = given if isinstance(given, list | tuple) else ()
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            continue
        named = [kind for kind in KINDS if entry.get(kind)]
        if len(named) != 1:
            yield invalid_at(
                ("exemption", index),
                {},
                f"names {' and '.join(named) or 'nothing'}: an exemption is for one of "
                f"{', '.join(KINDS)}",
                "write a table [[exemption]] for each" if named else "add principal, key or tags",
            )
    remediation = table(values, "remediation")
    if remediation.get("enabled") is not True or remediation.get("runbook") != "aws":
        return
    for place in filter(
        None,
        (
            ("exempt", "tags") if table(values, "exempt").get("tags") else None,
            ("exemption",) if entries else None,
        ),
    ):
        yield invalid_at(
            place,
            {},
            'needs the runbook "reprieve": Amazon\'s cannot look at tags and dates',
            'remove it, or set remediation.runbook = "reprieve"',
        )
