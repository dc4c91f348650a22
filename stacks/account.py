"""The Terraform stack of one AWS account."""

from pathlib import Path
from typing import Any, Final

from reprieve.guard.chat import chat_configurations
from reprieve.guard.dashboard import dashboard_of
from reprieve.guard.forwarding import relay_region
from reprieve.guard.guard import regional_guard, relay_rules
from reprieve.guard.notifications import NOTIFICATIONS_REGION, account_notifications
from reprieve.guard.remediation import roles_of
from reprieve.guard.tags import tags_of
from reprieve.guard.topology import has_hub, hub_location
from reprieve.location import ACCOUNT_REFERENCE, Location
from reprieve.regions import alias, known_regions
from reprieve.settings.account import AccountSettings
from reprieve.settings.schema import Settings
from stacks.backend import add_backend
from stacks.cdk import (
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
from stacks.references import References
from stacks.remediation import Remediation

# 5.100.0 is the oldest provider that is tested; 7 may rename what 6 deprecates.
PROVIDER_VERSIONS = ">= 5.100.0, < 7.0.0"

SESSION_NAME: Final = "reprieve"
"""Names Terraform's sessions of `account.role_arn` in CloudTrail."""

DEFAULT_OUTDIR = Path("cdktf.out")
"""Where an app writes to if neither `CDKTF_OUTDIR` nor `--output` names another folder."""


class AccountStack(TerraformStack):
    """One account: a provider alias for every Region, the roles, and a guard per watched Region.

    Every Region of the partition has its alias, watched or not. Terraform starts only providers
    that a resource uses; and it needs a Region's provider once more to destroy the guard of a
    Region that has left the settings.
    """

    def __init__(
        self, scope: Construct, id: str, settings: Settings, outdir: Path = DEFAULT_OUTDIR
    ) -> None:
        """Create the stack in an app that writes to `outdir`, relative to the current directory."""
        super().__init__(scope, id)
        add_backend(self, id, settings.state, outdir)

        partition, home = settings.regions.partition, settings.regions.home
        default_tags = [AwsProviderDefaultTags(tags=tags_of(settings))]
        providers = {
            region: AwsProvider(
                self,
                f"provider-{region}",
                region=region,
                alias=alias(region),
                default_tags=default_tags,
                **_account_arguments(settings.account),
            )
            for region in known_regions(partition)
        }
        self.add_override("terraform.required_providers.aws.version", PROVIDER_VERSIONS)

        caller = DataAwsCallerIdentity(self, "account", provider=providers[home])
        if role := settings.remediation.automation_role_arn:
            _require_account(caller, role)
        references = References()
        references.add(ACCOUNT_REFERENCE, str(caller.account_id))
        if roles := roles_of(settings, Location(partition, home)):
            Remediation(
                self,
                "remediation",
                provider=providers[home],
                roles=roles,
                references=references,
            )

        regional, guards = References(references), []
        # The hub first: what the others forward to has to be there.
        for region in sorted(
            settings.regions.watched, key=lambda each: not has_hub(settings, each)
        ):
            guard = regional_guard(settings, Location(partition, region))
            guards.append(guard)
            own = References(references)
            RegionalGuard(self, region, guard=guard, provider=providers[region], references=own)
            regional.include(own)
            for bus in guard.buses:
                references.add(bus.arn, own.text(bus.arn))
        if dashboard := dashboard_of(settings, guards):
            add_dashboard(self, dashboard, providers[home], references)
        if relay := relay_region(settings):
            rules = Rules(providers[relay], references)
            scope = Construct(self, relay)
            for rule in relay_rules(settings, Location(partition, relay)):
                rules.create(scope, rule)
        if chats := chat_configurations(settings, Location(partition, home)):
            Chat(
                self,
                "chat",
                configurations=chats,
                provider=providers[home],
                references=regional,
            )
        if notifications := account_notifications(settings, guards):
            Notifications(
                self,
                "notifications",
                configurations=notifications,
                provider=providers[NOTIFICATIONS_REGION],
                references=references,
            )
        everywhere = Location(partition, "REGION")
        alerting = hub_location(settings, everywhere) or everywhere
        # One line for all Regions: cdktf prints the outputs twice. `status` lists the resources.
        TerraformOutput(
            self,
            "alert_topics",
            value=references.text(alerting.arn("sns", settings.notify.topic_name)),
            description="The topic of the alerts. REGION stands for each Region that is watched.",
        )


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
