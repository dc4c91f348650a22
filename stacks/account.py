"""The Terraform stacks of one AWS account."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from reprieve.guard.chat import chat_configurations
from reprieve.guard.dashboard import dashboard_of
from reprieve.guard.forwarding import relay_region
from reprieve.guard.guard import regional_guard, relay_rules
from reprieve.guard.layout import Part, hub_first, parts_of, stacks_of
from reprieve.guard.notifications import NOTIFICATIONS_REGION, account_notifications
from reprieve.guard.remediation import roles_of
from reprieve.guard.resources import RegionalGuard as Guard
from reprieve.guard.tags import tags_of
from reprieve.guard.topology import hub_location, hub_of
from reprieve.location import ACCOUNT_REFERENCE, Location
from reprieve.regions import alias, known_regions
from reprieve.settings.account import AccountSettings
from reprieve.settings.organization import set_stack
from reprieve.settings.schema import Settings
from reprieve.settings.split import ACCOUNT, marker_of
from stacks.backend import add_backend
from stacks.cdk import (
    App,
    AwsProvider,
    AwsProviderAssumeRole,
    AwsProviderDefaultTags,
    Construct,
    DataAwsCallerIdentity,
    TerraformOutput,
    TerraformStack,
)
from stacks.chat import Chat
from stacks.dashboard import add_dashboard
from stacks.guard import RegionalGuard, Rules
from stacks.notifications import Notifications
from stacks.organization import Organization
from stacks.references import References
from stacks.remediation import Remediation
from stacks.split_marker import add_split_marker

# 5.100.0 is the oldest provider that is tested; 7 may rename what 6 deprecates.
PROVIDER_VERSIONS = ">= 5.100.0, < 7.0.0"

SESSION_NAME: Final = "reprieve"
"""Names Terraform's sessions of `account.role_arn` in CloudTrail."""

DEFAULT_OUTDIR = Path("cdktf.out")
"""Where an app writes to if neither `CDKTF_OUTDIR` nor `--output` names another folder."""

HOME, NOTIFICATIONS = "home", "notifications"
"""The provider aliases of what an account has once, if the state is split.

They are none of a Region: the base stack has no provider for a guard, so that no plan of it can
destroy one that the state still contains.
"""


Guards = Mapping[str, Guard]
"""The guards of an account by Region, the hub first."""


def add_account(app: App, settings: Settings, outdir: Path = DEFAULT_OUTDIR) -> tuple[str, ...]:
    """Add the stacks of an account to an app that writes to `outdir`; return their names.

    `outdir` is relative to the current directory.
    """
    guards = _guards(settings)
    if settings.state.split == ACCOUNT:
        whole = _WholeStack(app, settings, outdir, guards)
        _add_organization(app, settings, outdir, [whole])
        return stacks_of(settings)
    stacks: list[tuple[int, TerraformStack]] = []
    base, parts = _BaseStack(app, settings, outdir, guards), parts_of(settings)
    for part in parts:
        stack = (
            _ChatStack(app, settings, outdir, part.stack)
            if part.is_chat
            else _PartStack(app, settings, outdir, part, [guards[each] for each in part.regions])
        )
        stack.add_dependency(base)
        for rank, earlier in stacks:
            if rank < part.rank:
                stack.add_dependency(earlier)
        stacks.append((part.rank, stack))
    _add_organization(app, settings, outdir, [base, *(stack for _, stack in stacks)])
    return stacks_of(settings)


def _add_organization(
    app: App, settings: Settings, outdir: Path, others: Iterable[TerraformStack]
) -> None:
    """Add the stack with the stack sets, if they are in the account, after its other stacks."""
    if settings.has_stack_set:
        stack = _OrganizationStack(app, settings, outdir)
        for each in others:
            stack.add_dependency(each)


class _Stack(TerraformStack):
    """A stack of an account: its backend and providers, and the methods that add resources.

    Texts name what is in another stack by its ARN: no stack refers to another one.
    """

    def __init__(self, app: App, id: str, settings: Settings, outdir: Path) -> None:
        super().__init__(app, id)
        add_backend(self, id, settings.state, outdir)
        self._settings = settings
        self._partition = settings.regions.partition
        self._references = References()
        self._providers: dict[str, AwsProvider] = {}
        self._regional: list[References] = []

    def _add_providers(self, regions: Iterable[tuple[str, str]]) -> None:
        """Create the providers of Regions, given as pairs of the provider's name and a Region.

        Terraform starts only those that a resource uses.
        """
        default_tags = [AwsProviderDefaultTags(tags=tags_of(self._settings))]
        for name, region in regions:
            self._providers[name] = AwsProvider(
                self,
                f"provider-{name}",
                region=region,
                alias=alias(name),
                default_tags=default_tags,
                **_account_arguments(self._settings.account),
            )
        self.add_override("terraform.required_providers.aws.version", PROVIDER_VERSIONS)

    def _find_account(self, provider: str) -> None:
        """Let Terraform find the account's id, which ARNs need."""
        caller = DataAwsCallerIdentity(self, "account", provider=self._providers[provider])
        if role := self._settings.remediation.automation_role_arn:
            _require_account(caller, role)
        self._references.add(ACCOUNT_REFERENCE, str(caller.account_id))

    def _add_roles(self, provider: str) -> None:
        home = Location(self._partition, self._settings.regions.home)
        if roles := roles_of(self._settings, home):
            Remediation(
                self,
                "remediation",
                provider=self._providers[provider],
                roles=roles,
                references=self._references,
            )

    def _add_guard(self, guard: Guard) -> None:
        region = guard.location.region
        own = References(self._references)
        provider = self._providers[region]
        RegionalGuard(self, region, guard=guard, provider=provider, references=own)
        self._regional.append(own)
        for bus in guard.buses:
            self._references.add(bus.arn, own.text(bus.arn))

    def _add_dashboard(self, guards: Iterable[Guard], provider: str) -> None:
        if dashboard := dashboard_of(self._settings, list(guards)):
            add_dashboard(self, dashboard, self._providers[provider], self._references)

    def _add_relay(self, region: str) -> None:
        rules = Rules(self._providers[region], self._references)
        scope = Construct(self, region)
        for rule in relay_rules(self._settings, Location(self._partition, region)):
            rules.create(scope, rule)

    def _add_chat(self, provider: str) -> None:
        home = Location(self._partition, self._settings.regions.home)
        if chats := chat_configurations(self._settings, home):
            references = References(self._references)
            for each in self._regional:
                references.include(each)
            Chat(
                self,
                "chat",
                configurations=chats,
                provider=self._providers[provider],
                references=references,
            )

    def _add_notifications(self, guards: Iterable[Guard], provider: str) -> None:
        if notifications := account_notifications(self._settings, guards):
            Notifications(
                self,
                "notifications",
                configurations=notifications,
                provider=self._providers[provider],
                references=self._references,
            )

    def _add_output(self) -> None:
        everywhere = Location(self._partition, "REGION")
        alerting = hub_location(self._settings, everywhere) or everywhere
        # One line for all Regions: cdktf prints the outputs twice. `status` lists the resources.
        TerraformOutput(
            self,
            "alert_topics",
            value=self._references.text(alerting.arn("sns", self._settings.notify.topic_name)),
            description="The topic of the alerts. REGION stands for each Region that is watched.",
        )


class _WholeStack(_Stack):
    """Everything of an account: `state.split = "account"`.

    Every Region of the partition has its provider, watched or not: Terraform needs it once more to
    destroy the guard of a Region that has left the settings.
    """

    def __init__(self, app: App, settings: Settings, outdir: Path, guards: Guards) -> None:
        super().__init__(app, settings.stack, settings, outdir)
        home = settings.regions.home
        self._add_providers((each, each) for each in known_regions(self._partition))
        self._find_account(home)
        self._add_roles(home)
        for guard in guards.values():
            self._add_guard(guard)
        self._add_dashboard(guards.values(), home)
        if relay := relay_region(settings):
            self._add_relay(relay)
        self._add_chat(home)
        self._add_notifications(guards.values(), NOTIFICATIONS_REGION)
        self._add_output()


class _BaseStack(_Stack):
    """What an account has once, and what has to be there before the guards."""

    def __init__(self, app: App, settings: Settings, outdir: Path, guards: Guards) -> None:
        super().__init__(app, settings.stack, settings, outdir)
        self._add_providers([(HOME, settings.regions.home), (NOTIFICATIONS, NOTIFICATIONS_REGION)])
        self._find_account(HOME)
        if marker := marker_of(settings.state.split):
            add_split_marker(self, marker)
        self._add_roles(HOME)
        self._add_dashboard(guards.values(), HOME)
        self._add_notifications(guards.values(), NOTIFICATIONS)
        self._add_output()


class _PartStack(_Stack):
    """The guards of some Regions."""

    def __init__(
        self, app: App, settings: Settings, outdir: Path, part: Part, guards: Iterable[Guard]
    ) -> None:
        super().__init__(app, part.stack, settings, outdir)
        self._add_providers((each, each) for each in part.all_regions)
        if used := [*part.regions, *([part.relay] if part.relay else [])]:
            self._find_account(used[0])
        for guard in guards:
            self._add_guard(guard)
        if part.relay:
            self._add_relay(part.relay)


class _ChatStack(_Stack):
    """The chat channels of the account: they name the topics of all Regions."""

    def __init__(self, app: App, settings: Settings, outdir: Path, stack: str) -> None:
        super().__init__(app, stack, settings, outdir)
        self._add_providers([(HOME, settings.regions.home)])
        self._find_account(HOME)
        self._add_chat(HOME)


class _OrganizationStack(_Stack):
    """The stack sets that deploy to the accounts of an organization."""

    def __init__(self, app: App, settings: Settings, outdir: Path) -> None:
        super().__init__(app, set_stack(settings.stack), settings, outdir)
        hub = hub_of(settings)
        assert hub, "stack sets need a hub"  # noqa: S101
        self._add_providers([(hub.region, hub.region)])
        provider = self._providers[hub.region]
        Organization(self, "organization", settings=settings, hub=hub, provider=provider)


def _guards(settings: Settings) -> Guards:
    partition = settings.regions.partition
    return {
        region: regional_guard(settings, Location(partition, region))
        for region in hub_first(settings)
    }


def _account_arguments(account: AccountSettings) -> dict[str, Any]:
    """Return what ties a provider to its account: it refuses the credentials of any other one."""
    arguments: dict[str, Any] = {}
    if account.id:
        arguments["allowed_account_ids"] = [account.id]
    if account.role_arn:
        role = AwsProviderAssumeRole(
            role_arn=account.role_arn, external_id=account.external_id, session_name=SESSION_NAME
        )
        arguments["assume_role"] = [role]
    return arguments


def _require_account(caller: DataAwsCallerIdentity, role_arn: str) -> None:
    """Let the plan fail in any account but that of the role: AWS passes no role of another one."""
    account = role_arn.split(":")[4]
    message = (
        f"remediation.automation_role_arn is a role of the account {account}, and this is another "
        "account. Systems Manager accepts only roles of its own account."
    )
    condition = f'${{self.account_id == "{account}"}}'
    caller.add_override(
        "lifecycle", {"postcondition": [{"condition": condition, "error_message": message}]}
    )
