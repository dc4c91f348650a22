"""What the user wants: one validated object, made of `reprieve.toml` and the environment.

The rules for single values are in `values`, those that look at several in `rules`, the reading is
in `sources`. Whatever is wrong is reported in one go.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self, cast, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictBool,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from reprieve import regions
from reprieve.events.threats import DEFAULTS
from reprieve.settings.constraints import cross_field_errors, named_regions
from reprieve.settings.errors import Place, SettingError, SettingsError, key_of, shown
from reprieve.settings.pydantic_errors import translate
from reprieve.settings.sources import FILE_VARIABLE, read_environment, read_file, variable_of
from reprieve.settings.state import StateSettings, without_other_backends
from reprieve.settings.types import (
    Emails,
    Encryption,
    Key,
    PrincipalArn,
    Region,
    RoleArn,
    RunbookName,
    Threats,
    TopicName,
    Watch,
    WatchName,
    WatchPattern,
    WatchSummary,
)


class _Table(BaseModel):
    """A table of the settings: it cannot be changed, and no key is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NotifySettings(_Table):
    """Who is told."""

    emails: Emails = Field(
        description="The addresses that receive the alerts, one or more. SNS asks each to confirm, "
        "once per watched Region. AWS template: DestinationEmailAddress.",
    )
    topic_name: TopicName = Field(
        default="reprieve-alerts",
        description="The name of the SNS topic in each watched Region: 1 to 256 letters, digits, "
        "hyphens and underscores. AWS template: SNSTopicName.",
    )
    threats: Threats = Field(
        default=DEFAULTS,
        description="The kinds of events that are told: see `reprieve threats`.",
    )
    encryption: Encryption = Field(
        default="none",
        description='How the alerts are encrypted at rest: "none", "own" (a KMS key that Reprieve '
        "makes in each watched Region), or a list of KMS key ARNs, one per watched Region.",
    )
    strict_topic_policy: StrictBool = Field(
        default=False,
        description="Let EventBridge publish for Reprieve's own rules only. AWS's documentation "
        "disagrees with itself on whether that delivers: switch it on, then test it.",
    )


class RemediationSettings(_Table):
    """Whether a scheduled deletion is taken back, and as whom."""

    enabled: StrictBool = Field(
        default=True,
        description="Take each scheduled deletion back; false only tells people. "
        "AWS template: EnableRemediation.",
    )
    runbook: RunbookName = Field(
        default="reprieve",
        description='The runbook: "reprieve" rescues a key in whatever way it was named, and '
        'tells what came of it; "aws" is Amazon\'s AWSConfigRemediation-CancelKeyDeletion alone.',
    )
    automation_role_arn: RoleArn | None = Field(
        default=None,
        description='The IAM role, at the path "/", that Amazon\'s runbook assumes; unless given, '
        "Reprieve makes one. AWS template: AutomationAssumeRole.",
    )
    re_enable: StrictBool = Field(
        default=False,
        description="Enable a rescued key again, unless it was disabled before its deletion was "
        "scheduled, as far as CloudTrail's history of 90 days tells.",
    )
    enable_disabled: StrictBool = Field(
        default=False,
        description="Enable each key again that somebody disables, whoever does it.",
    )


class ExemptSettings(_Table):
    """Whose deletions, and which keys', are told and not taken back."""

    principals: tuple[PrincipalArn, ...] = Field(
        default=(),
        description="ARNs of IAM roles and users whose deletions are approved; a role stands for "
        "all of its sessions.",
    )
    keys: tuple[Key, ...] = Field(
        default=(),
        description="KMS keys whose deletion is approved, whoever schedules it: ids, which count "
        "in every Region, or ARNs.",
    )


def _default_home(validated: dict[str, object]) -> str:
    """Return the home of the partition that the watched Regions are in."""
    watch = validated["watch"]
    partition = regions.partition_of(watch[0]) if isinstance(watch, tuple) else None
    return regions.home_of(partition or "aws")


class RegionsSettings(_Table):
    """Where Reprieve watches."""

    watch: Watch = Field(
        default="default",
        description='The Regions to watch: "default" (those that every account has switched on), '
        '"all" (every Region of the partition) or a list of Region codes.',
    )
    exclude: tuple[Region, ...] = Field(
        default=(),
        description="Regions to leave out, whether or not watch names them: `reprieve status` asks "
        "of no other one that has customer keys why it is not watched.",
    )
    home: Region = Field(
        default_factory=_default_home,
        description="The Region through which IAM roles are made; it need not be watched. Unless "
        "given, us-east-1, us-gov-west-1, cn-north-1 or eusc-de-east-1, as watch has it.",
    )

    @property
    def partition(self) -> str:
        """The partition that all the Regions are in: `aws`, `aws-us-gov`, `aws-cn`, `aws-eusc`."""
        partition = regions.partition_of(self.home)
        assert partition, "home has been validated"  # noqa: S101
        return partition

    @property
    def watched(self) -> tuple[str, ...]:
        """The codes of the Regions that get a guard, sorted; one at least."""
        return tuple(sorted(set(named_regions(self.watch, self.partition)) - set(self.exclude)))


class ReliabilitySettings(_Table):
    """What tells that telling itself fails."""

    alarms: StrictBool = Field(
        default=True,
        description="CloudWatch alarms in each watched Region on what could not be delivered.",
    )


class WatchSettings(_Table):
    """Any other event of an AWS service that is told; `[[watch]]`, once for each."""

    name: WatchName = Field(description="What its rule is called, behind reprieve-watch-.")
    summary: WatchSummary = Field(description="What its alert begins with, in one sentence.")
    pattern: WatchPattern = Field(description="The EventBridge event pattern, as JSON.")


class Settings(_Table):
    """The settings of one account. `load` reads them; `Settings(notify=…)` reads nothing."""

    notify: NotifySettings = Field(description="Who is told.")
    remediation: RemediationSettings = Field(
        default_factory=RemediationSettings,
        description="Whether a scheduled deletion is taken back, and as whom.",
    )
    exempt: ExemptSettings = Field(
        default_factory=ExemptSettings,
        description="Whose deletions, and which keys', are told and not taken back.",
    )
    regions: RegionsSettings = Field(
        default_factory=RegionsSettings, description="Where Reprieve watches."
    )
    reliability: ReliabilitySettings = Field(
        default_factory=ReliabilitySettings, description="What tells that telling itself fails."
    )
    state: StateSettings = Field(
        default_factory=StateSettings, description="Where Terraform's state lives."
    )
    watch: tuple[WatchSettings, ...] = Field(
        default=(), description="Other events of AWS services that are told."
    )

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(
        cls, values: dict[str, object], handler: ModelWrapValidatorHandler[Self]
    ) -> Self:
        """Look for errors among several values even where single values have errors already."""
        tables = {
            name: dict(said) if isinstance(said, BaseModel) else said
            for name, said in ({"notify": {}} | values).items()
        }
        errors = list(cross_field_errors(tables))
        try:
            settings = handler(tables)
        except ValidationError as error:
            found = error.errors(include_url=False)
            # What could not be derived for want of something else is no error of its own.
            errors += [
                translate(e, TABLES, LISTS)
                for e in found
                if e["type"] != "default_factory_not_called"
            ]
        if errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return settings


def _fields(annotation: object) -> dict[str, FieldInfo]:
    """Return the keys of a table, or of each table of a list of them."""
    model = get_args(annotation)[0] if get_args(annotation) else annotation
    return cast("type[BaseModel]", model).model_fields


TABLES: Final = {table: _fields(field.annotation) for table, field in Settings.model_fields.items()}
"""The settings there are: `{table: {key: its pydantic field}}`, in the order of the file."""

LISTS: Final = frozenset(
    table for table, field in Settings.model_fields.items() if get_args(field.annotation)
)
"""Those of the tables that there may be several of, and that the environment cannot override."""


def load(environ: Mapping[str, str] = os.environ, directory: Path = Path(".")) -> Settings:
    """Return the settings of `reprieve.toml`, overridden by the environment.

    Args:
        environ: REPRIEVE_SETTINGS names another file; REPRIEVE_<TABLE>__<KEY> overrides a key.
        directory: Where the file is looked for.

    Raises:
        SettingsError: something is wrong; all that is, in the order of the settings.
    """
    name = environ.get(FILE_VARIABLE, "reprieve.toml")
    from_environment, unknown = read_environment(
        environ, {table: keys for table, keys in TABLES.items() if table not in LISTS}
    )
    try:
        from_file = read_file(directory, name, named=FILE_VARIABLE in environ)
    except SettingsError as error:
        raise SettingsError([*error.errors, *unknown]) from None
    if from_file is None:
        name, from_file = f"{directory / name} (no such file)", {}

    try:
        settings = Settings.model_validate(_overridden(from_file, from_environment))
    except ValidationError as error:
        found = sorted(error.errors(include_url=False), key=lambda each: _rank(each["loc"]))
        errors = [_setting_error(each, from_environment, name) for each in found]
        raise SettingsError([*errors, *unknown]) from None
    if unknown:
        raise SettingsError(unknown)
    return settings


def _overridden(
    file: Mapping[str, object], environment: Mapping[str, Mapping[str, object]]
) -> dict[str, object]:
    """Return what the file says, key by key overridden; what is no table stays: it is an error."""
    merged = dict(file)
    for table, keys in environment.items():
        under = merged.get(table, {})
        if table == "state" and isinstance(under, dict):
            under = without_other_backends(under, keys)
        merged[table] = {**under, **keys} if isinstance(under, dict) else under
    return merged


def _setting_error(
    error: ErrorDetails, from_environment: Mapping[str, object], file: str
) -> SettingError:
    """Return a broken rule as people read it, with where its value came from."""
    table, *rest = place = error["loc"]
    overridden = from_environment.get(cast("str", table))
    by_environment = bool(rest) and isinstance(overridden, dict) and rest[0] in overridden
    return SettingError(
        key=key_of(place),
        rule=error["ctx"]["rule"],
        hint=error["ctx"]["hint"],
        value=None if error["input"] is None else shown(error["input"]),
        origin=variable_of(cast("str", table), cast("str", rest[0])) if by_environment else file,
    )


def _rank(place: Place) -> tuple[int, int, int]:
    """Return what sorts places in the order of the settings, the unknown ones last."""
    table, *rest = place
    index = next((part for part in rest if isinstance(part, int)), -1)
    key = next((part for part in rest if isinstance(part, str)), None)
    keys: list[str | None] = list(TABLES.get(cast("str", table), ()))
    within = [*keys, key].index(key)
    # Of a list of tables each table is gone through in turn, of a list in a table each item.
    order = (index, within) if table in LISTS else (within, index)
    return ([*TABLES, table].index(cast("str", table)), *order)
