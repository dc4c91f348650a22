"""The Terraform stack of one AWS account."""

from collections.abc import Mapping

from reprieve.regions import alias, known_regions
from reprieve.settings.schema import Settings
from stacks.backend import add_backend
from stacks.cdk import (
    AwsProvider,
    Construct,
    DataAwsCallerIdentity,
    TerraformOutput,
    TerraformStack,
)
from stacks.guard import RegionalGuard
from stacks.remediation import Remediation

# 5.100.0 is the oldest provider that is tested; 7 may rename what 6 deprecates.
PROVIDER_VERSIONS = ">= 5.100.0, < 7.0.0"


class AccountStack(TerraformStack):
    """One account: a provider alias for every Region, the roles, and a guard per watched Region.

    Every Region of the partition has its alias, watched or not. Terraform starts only providers
    that a resource uses; and it needs a Region's provider once more to destroy the guard of a
    Region that has left the settings.
    """

    def __init__(self, scope: Construct, id: str, settings: Settings) -> None:
        super().__init__(scope, id)
        add_backend(self, id, settings.state)

        partition, home = settings.regions.partition, settings.regions.home
        providers = {
            region: AwsProvider(self, f"provider-{region}", region=region, alias=alias(region))
            for region in known_regions(partition)
        }
        self.add_override("terraform.required_providers.aws.version", PROVIDER_VERSIONS)

        account = str(DataAwsCallerIdentity(self, "account", provider=providers[home]).account_id)
        remediation = None
        if settings.remediation.enabled:
            remediation = Remediation(
                self,
                "remediation",
                provider=providers[home],
                account=account,
                settings=settings,
            )

        guards = {
            region: RegionalGuard(
                self,
                region,
                region=region,
                provider=providers[region],
                account=account,
                settings=settings,
                remediation=remediation,
            )
            for region in settings.regions.watched
        }
        self._output("alert_topic_arns", {r: guard.topic_arn for r, guard in guards.items()})
        self._output("rule_arns", {r: guard.rule_arns for r, guard in guards.items()})

    def _output(self, id: str, arns: Mapping[str, object]) -> None:
        TerraformOutput(self, id, value=arns, description=f"{id} by Region".replace("_", " "))
