"""The tables and keys of the settings, each with its type, its default and its description.

`types` has the rules for single values, `constraints` those that compare several. `loader` reads
the settings.
"""

from collections.abc import Sequence
from typing import Final, Self, cast, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    StrictBool,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from reprieve import regions
from reprieve.events.threats import DEFAULTS
from reprieve.location import ACCOUNT_REFERENCE
from reprieve.names import Names
from reprieve.settings.account import AccountSettings, stack_of
from reprieve.settings.arns import AutomationRoleArn, Key, PrincipalArn
from reprieve.settings.channels import ChannelSettings
from reprieve.settings.common import ResourcesSettings
from reprieve.settings.constraints import cross_field_errors, duplicate_errors, named_regions
from reprieve.settings.event_bus import EventsSettings
from reprieve.settings.exemption import ExemptionSettings, ExemptTags
from reprieve.settings.hub import HubSettings, Topology
from reprieve.settings.naming import NamesSettings, names_of
from reprieve.settings.no_effect import no_effect_errors
from reprieve.settings.organization import OrganizationSettings
from reprieve.settings.pydantic_errors import translate
from reprieve.settings.state import StateSettings
from reprieve.settings.types import (
    AlarmEmails,
    Emails,
    Encryption,
    PatrolInterval,
    Region,
    RunbookName,
    StormThreshold,
    Threats,
    TopicName,
    Watch,
    WatchName,
    WatchPattern,
    WatchSummary,
)


class _Table(BaseModel):
    """A table of the settings: immutable, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NotifySettings(_Table):
    """Who receives which alerts."""

    emails: Emails = Field(
        description="The addresses that receive the alerts, one or more. SNS asks each to confirm, "
        "once per watched Region. AWS template: DestinationEmailAddress.",
    )
    topic_name: TopicName = Field(
        default="reprieve-alerts",
        description="The name of the SNS topic in each watched Region: 1 to 256 letters, digits, "
        "hyphens and underscores; by default the prefix of names.prefix, and -alerts. A new name "
        "replaces the topic: every subscription must be confirmed again, and nobody is notified "
        "until then. AWS template: SNSTopicName.",
    )
    threats: Threats = Field(
        default=DEFAULTS,
        description="The kinds of events that send an alert: see `reprieve threats`.",
    )
    encryption: Encryption = Field(
        default="none",
        description='How the alerts are encrypted at rest: "none", "own" (a KMS key that Reprieve '
        "creates in each watched Region), or a list of KMS key ARNs, one per watched Region.",
    )
    topology: Topology = Field(
        default="regional",
        description='Where alerts are sent from: "regional", each watched Region by itself, or '
        '"hub", one Region for all: each address then confirms once.',
    )
    hub: HubSettings = Field(
        default=HubSettings(),
        description='With topology = "hub", where the hub is: see [hub.md](hub.md).',
    )
    strict_topic_policy: StrictBool = Field(
        default=False,
        description="Allow EventBridge to publish for Reprieve's own rules only. AWS's "
        "documentation contradicts itself about whether alerts then arrive: turn it on, then test "
        "it.",
    )


class RemediationSettings(_Table):
    """Whether Reprieve cancels scheduled deletions, and how."""

    enabled: StrictBool = Field(
        default=True,
        description="Cancel each scheduled deletion; false only sends alerts. "
        "AWS template: EnableRemediation.",
    )
    runbook: RunbookName = Field(
        default="reprieve",
        description='The runbook: "reprieve" rescues a key named by its id or its ARN, and sends a '
        'message with the result; "aws" is Amazon\'s AWSConfigRemediation-CancelKeyDeletion alone.',
    )
    automation_role_arn: AutomationRoleArn | None = Field(
        default=None,
        description='The IAM role, at the path "/", that the runbook assumes; without it, '
        "Reprieve creates one. AWS template: AutomationAssumeRole.",
    )
    adaptive_concurrency: StrictBool = Field(
        default=False,
        description="Let Systems Manager run up to 500 automations at once instead of 100. This "
        "changes a service setting of the account in each watched Region, for all automations.",
    )
    re_enable: StrictBool = Field(
        default=False,
        description="Enable a rescued key again, unless CloudTrail's history of 90 days shows that "
        "it was disabled before its deletion was scheduled.",
    )
    enable_disabled: StrictBool = Field(
        default=False,
        description="Enable each key again that someone disables.",
    )


class ExemptSettings(_Table):
    """Deletions that Reprieve reports and does not cancel: by principal, and by key."""

    principals: tuple[PrincipalArn, ...] = Field(
        default=(),
        description="ARNs of IAM roles and users whose deletions are approved; a role includes all "
        "of its sessions.",
    )
    keys: tuple[Key, ...] = Field(
        default=(),
        description="KMS keys that anyone may delete: ids, which apply in every Region, or ARNs.",
    )
    tags: ExemptTags = Field(
        default={},
        description='Tags of keys that anyone may delete, like { "reprieve:exempt" = "true" }: a '
        "key needs one of them. Anyone who may tag a key can exempt it.",
    )
    deployers: tuple[PrincipalArn, ...] = Field(
        default=(),
        description="ARNs of IAM roles and users that deploy Reprieve, or run drills. Their calls "
        "send no `guard-changed` alert. All other alerts are sent, also `trail-changed`.",
    )


def _default_home(validated: dict[str, object]) -> str:
    """Return the home of the partition of the watched Regions."""
    watch = validated["watch"]
    partition = regions.partition_of(watch[0]) if isinstance(watch, tuple) else None
    return regions.home_of(partition or "aws")


class RegionsSettings(_Table):
    """The Regions that Reprieve watches."""

    watch: Watch = Field(
        default="default",
        description='The Regions to watch: "default" (those enabled in every account), '
        '"all" (every Region of the partition) or a list of Region codes.',
    )
    exclude: tuple[Region, ...] = Field(
        default=(),
        description="Regions not to watch, whether or not `watch` includes them. `reprieve status` "
        "reports every other unwatched Region that has customer keys.",
    )
    home: Region = Field(
        default_factory=_default_home,
        description="The Region through which Terraform creates IAM roles, watched or not. "
        f"Default, by partition: {', '.join(map(regions.home_of, regions.partitions))}.",
    )

    @property
    def partition(self) -> str:
        """The partition of all the Regions: `aws`, `aws-us-gov`, `aws-cn` or `aws-eusc`."""
        partition = regions.partition_of(self.home)
        assert partition, "home has been validated"  # noqa: S101
        return partition

    @property
    def watched(self) -> tuple[str, ...]:
        """The codes of the Regions that get a guard, sorted; at least one."""
        return tuple(sorted(set(named_regions(self.watch, self.partition)) - set(self.exclude)))


class ReliabilitySettings(_Table):
    """How Reprieve reports its own failures."""

    alarms: StrictBool = Field(
        default=True,
        description="CloudWatch alarms in each watched Region on alerts and rescues that were not "
        "delivered, and on many deletions at once.",
    )
    alarm_emails: AlarmEmails = Field(
        default=(),
        description="Addresses that receive the alarms, failed rescues and the patrol's reports "
        "through a separate topic, besides `notify.emails`. The same addresses are allowed.",
    )
    storm_threshold: StormThreshold = Field(
        default=10,
        description="How many scheduled deletions a minute in one Region are normal: more of them "
        "raise an alarm, 1 to 10,000.",
    )
    dashboard: StrictBool = Field(
        default=False,
        description="A CloudWatch dashboard of the account with the events, alerts, rescues, "
        "patrols and undelivered events of each watched Region.",
    )


class PatrolSettings(_Table):
    """The patrol: a runbook that regularly looks for keys whose events were missed."""

    enabled: StrictBool = Field(
        default=True,
        description="Inspect every key, and the guard of the next Region, at regular intervals.",
    )
    every: PatrolInterval = Field(
        default="6 hours",
        description='How often: like "30 minutes", "6 hours" or "1 day", which is the longest.',
    )
    rescue_earlier: StrictBool = Field(
        default=False,
        description="Also cancel deletions that were scheduled before the guard was deployed. "
        "Otherwise the patrol only reports them, once a day.",
    )


class WatchSettings(_Table):
    """Another event of an AWS service that sends an alert: one `[[watch]]` for each."""

    name: WatchName = Field(description="The name of its rule, after reprieve-watch-.")
    summary: WatchSummary = Field(
        description="What happened, in one sentence. The alert begins with it."
    )
    pattern: WatchPattern = Field(description="The EventBridge event pattern, as JSON.")


class Settings(_Table):
    """The settings of one account. `loader.load` reads them; `Settings(notify=…)` reads nothing."""

    account: AccountSettings = Field(default_factory=AccountSettings)
    notify: NotifySettings
    remediation: RemediationSettings = Field(default_factory=RemediationSettings)
    exempt: ExemptSettings = Field(default_factory=ExemptSettings)
    regions: RegionsSettings = Field(default_factory=RegionsSettings)
    reliability: ReliabilitySettings = Field(default_factory=ReliabilitySettings)
    patrol: PatrolSettings = Field(default_factory=PatrolSettings)
    events: EventsSettings = Field(default_factory=EventsSettings)
    names: NamesSettings = Field(default_factory=NamesSettings)
    resources: ResourcesSettings = Field(default_factory=ResourcesSettings)
    state: StateSettings = Field(default_factory=StateSettings)
    organization: OrganizationSettings = Field(default_factory=OrganizationSettings)
    exemption: tuple[ExemptionSettings, ...] = ()
    watch: tuple[WatchSettings, ...] = ()
    channel: tuple[ChannelSettings, ...] = ()
    _all_account_ids: tuple[str, ...] = PrivateAttr(default=())
    _all_accounts: "tuple[Settings, ...]" = PrivateAttr(default=())
    _members: "Settings | None" = PrivateAttr(default=None)
    _is_member: bool = PrivateAttr(default=False)

    @property
    def all_account_ids(self) -> tuple[str, ...]:
        """The known ids of the accounts of the deployment, in the order of the settings.

        That of this account is among them if it is known.
        """
        return self._all_account_ids

    @property
    def all_accounts(self) -> "tuple[Settings, ...]":
        """The settings of all accounts of the deployment, these included."""
        return self._all_accounts or (self,)

    @property
    def is_member(self) -> bool:
        """Whether these are the settings of all accounts that a stack set deploys to."""
        return self._is_member

    @property
    def has_stack_set(self) -> bool:
        """Whether the stack sets of the organization are in this account."""
        id = self.account.id
        return self._members is not None and id is not None and id == self.notify.hub.account

    @property
    def members(self) -> "Settings":
        """The settings of the accounts that the stack sets deploy to: the common ones.

        Raises:
            ValueError: The engine is not "stacksets".
        """
        if self._members is None:
            raise ValueError(f'organization.engine is "{self.organization.engine}"')
        return self._members

    @property
    def all_known(self) -> "tuple[Settings, ...]":
        """The settings of all accounts of the deployment, and those of its members."""
        return (*self.all_accounts, *([self._members] if self._members else []))

    @property
    def stack(self) -> str:
        """The name of the account's stack: `reprieve`, or `reprieve-NAME` of `[accounts.NAME]`."""
        return stack_of(self.account.name)

    def placed(
        self,
        name: str | None,
        all_account_ids: Sequence[str],
        all_accounts: "Sequence[Settings]" = (),
        members: "Settings | None" = None,
    ) -> Self:
        """Return the settings of an account as a part of its deployment.

        Args:
            name: The NAME of `[accounts.NAME]`; None without such tables.
            all_account_ids: The known ids of all accounts of the deployment.
            all_accounts: Their settings, if they have names.
            members: The settings of the accounts that stack sets deploy to, if there are any.
        """
        state = self.state.with_stack_set() if members else self.state
        changed: dict[str, object] = {"state": state}
        if name:
            changed = {
                "account": self.account.named(name),
                "state": state.of_stack(stack_of(name)),
            }
        copy = self.model_copy(update=changed)
        copy._members = members
        copy._all_account_ids = tuple(all_account_ids)
        copy._all_accounts = tuple(all_accounts)
        return copy

    def read_only(self) -> Self:
        """Return these settings, whose account is opened by the role that can change nothing."""
        return self.model_copy(update={"account": self.account.read_only()})

    def of_members(self) -> Self:
        """Return these settings, validated with `MEMBER_ID`, for all accounts of the stack sets.

        A permissions boundary is that of the same name in each account.
        """
        resources = self.resources.in_every_account(ACCOUNT_REFERENCE)
        copy = self.model_copy(update={"account": AccountSettings(), "resources": resources})
        copy._is_member = True
        return copy

    @property
    def resource_names(self) -> Names:
        """The names of the resources of this deployment."""
        return Names(self.names.prefix, self.names.role_path)

    @model_validator(mode="wrap")
    @classmethod
    def _report_all_errors(
        cls, values: dict[str, object], handler: ModelWrapValidatorHandler[Self]
    ) -> Self:
        """Check the rules between several values even if single values have errors."""
        tables = {
            name: dict(table) if isinstance(table, BaseModel) else table
            for name, table in ({"notify": {}} | values).items()
        }
        if isinstance(notify := tables["notify"], dict):
            tables["notify"] = {"topic_name": names_of(tables).alerts, **notify}
        complete = _with_defaults(tables)
        duplicates = list(duplicate_errors(complete))
        errors = [
            *duplicates,
            *cross_field_errors(complete),
            *no_effect_errors(complete, _DEFAULTS),
        ]
        try:
            settings = handler(tables)
        except ValidationError as error:
            # A default that depends on an invalid value has no error of its own.
            translated = [
                translate(each, TABLES, LISTS)
                for each in error.errors(include_url=False)
                if each["type"] != "default_factory_not_called"
            ]
            # EU-WEST-1 beside eu-west-1 is not to be corrected, but to be removed.
            removed = {each["loc"] for each in duplicates}
            errors += [each for each in translated if each["loc"] not in removed]
        if errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return settings


def _fields(annotation: object) -> dict[str, FieldInfo]:
    """Return the keys of a table, or of each table in a list of them."""
    model = get_args(annotation)[0] if get_args(annotation) else annotation
    return cast("type[BaseModel]", model).model_fields


TABLES: Final = {table: _fields(field.annotation) for table, field in Settings.model_fields.items()}
"""All settings: `{table: {key: its pydantic field}}`, in the order of the file."""

LISTS: Final = frozenset(
    table for table, field in Settings.model_fields.items() if get_args(field.annotation)
)
"""The tables that can occur several times. The environment cannot override them."""


_DEFAULTS: Final = {
    table: {key: field.default for key, field in fields.items()} for table, fields in TABLES.items()
}


def _with_defaults(values: dict[str, object]) -> dict[str, object]:
    """Return the settings with the default of each missing key; invalid tables stay as they are."""
    complete = dict(values)
    for table in TABLES:
        given = values.get(table, {})
        if table not in LISTS and isinstance(given, dict):
            complete[table] = {
                key: value
                for key, value in (_DEFAULTS[table] | given).items()
                if value is not PydanticUndefined
            }
    return complete
