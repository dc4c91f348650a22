"""The stack sets that deploy the guard to the accounts of an organization.

One has the IAM roles, and deploys them in the home Region only; the other has the rest. When an
account joins, StackSets does not keep the order of the Regions, and starts with any of them:
aws-cloudformation/cloudformation-coverage-roadmap #2158. A guard that comes before its roles would
fail, so they are no part of it.

The resources are made for the provider's version 5.100.0:

- It replaces a stack instance whose targets change: the guards would be deleted, and created again.
  So each unit and Region is a resource, and a change of the excluded accounts is ignored.
  `aws_cloudformation_stack_instances` is no alternative: it deletes all of its instances when an
  account is no longer excluded (hashicorp/terraform-provider-aws #47721).
- It updates the operation preferences of a stack instance as if the unit were an account. They are
  ignored after the creation.
- It shows `administration_role_arn` as drift (#23464).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from reprieve.location import Location
from reprieve.names import HUB_BUSES
from reprieve.regions import dns_suffix
from reprieve.settings.schema import Settings
from reprieve.template.organization import excluded_accounts, guard_template, roles_template
from reprieve.template.template import Template
from stacks.cdk import (
    AwsProvider,
    CloudformationStackSet,
    CloudformationStackSetAutoDeployment,
    CloudformationStackSetInstance,
    CloudformationStackSetInstanceDeploymentTargets,
    CloudformationStackSetInstanceOperationPreferences,
    CloudformationStackSetInstanceTimeouts,
    CloudformationStackSetManagedExecution,
    CloudformationStackSetOperationPreferences,
    CloudformationStackSetTimeouts,
    Construct,
    DataAwsCloudwatchEventBuses,
    ITerraformDependable,
    S3Bucket,
    S3BucketPolicy,
    S3BucketPublicAccessBlock,
    S3Object,
    TerraformResourceLifecycle,
    TerraformStack,
    literal,
)

LONGEST: Final = "24h"
"""How long Terraform waits for an operation: 1,000 accounts need hours in each Region.

The provider's own limit is 30 minutes.
"""

EXCLUDED: Final = "excluded-accounts"
"""The resource that shows a change of the excluded accounts in a plan."""


class Organization(Construct):
    """The bucket with the templates, the stack sets, and their instances."""

    def __init__(
        self,
        scope: TerraformStack,
        id: str,
        *,
        settings: Settings,
        hub: Location,
        provider: AwsProvider,
    ) -> None:
        super().__init__(scope, id)
        self._stack = scope
        self._settings = settings
        self._given = settings.organization
        self._names = settings.resource_names
        self._provider = provider
        self._hub = hub
        self._excluded = excluded_accounts(settings)
        self._bucket = self._given.template_bucket or self._names.template_bucket(self._hub.account)
        self._in_bucket = [] if self._given.template_bucket else self._create_bucket()
        roles, guard = roles_template(settings), guard_template(settings)
        first = self._stack_set("roles", self._names.roles_set, roles, [self._require_hub()])
        with_roles = self._instances("roles", self._names.roles_set, roles.regions, [first])
        second = self._stack_set("guard", self._names.guard_set, guard, with_roles)
        guarded = self._instances("guard", self._names.guard_set, guard.regions, [second])
        self._record_excluded([*with_roles, *guarded])

    def _create_bucket(self) -> list[ITerraformDependable]:
        """Create the bucket: private, and read over TLS only. S3 encrypts what is in it."""
        bucket = S3Bucket(self, "bucket", provider=self._provider, bucket=self._bucket)
        closed = S3BucketPublicAccessBlock(
            self,
            "bucket-access",
            provider=self._provider,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        arn = f"arn:{self._hub.partition}:s3:::{self._bucket}"
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "OverTlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
        return [
            bucket,
            S3BucketPolicy(
                self,
                "bucket-policy",
                provider=self._provider,
                bucket=bucket.bucket,
                policy=json.dumps(policy),
                # S3 refuses two changes of the access at once.
                depends_on=[closed],
            ),
        ]

    def _require_hub(self) -> DataAwsCloudwatchEventBuses:
        """Let the plan fail if the buses of the hub are not there, or let the members not in.

        EventBridge would drop every event that the members forward.
        """
        marker = f"resource.terraform_data.{HUB_MARKER}"
        self._stack.add_override(marker, {"input": self._hub.region})
        found = DataAwsCloudwatchEventBuses(
            self, "hub", provider=self._provider, name_prefix=self._names.beginning
        )
        # Until this resource is there, Terraform reads the buses when it applies: the hub may be
        # deployed just before.
        found.add_override("depends_on", [f"terraform_data.{HUB_MARKER}"])
        organization = self._settings.notify.hub.organization_id
        buses = json.dumps([self._names.of(id) for id in HUB_BUSES])
        # The list is null if there are no buses, and so is the policy of a bus that has none.
        lets_in = f'strcontains(coalesce(bus.policy, "-"), "{organization}")'
        found_one = f"anytrue([for bus in self.event_buses : bus.name == name && {lets_in}])"
        condition = f"try(alltrue([for name in {buses} : {found_one}]), false)"
        message = (
            f"The hub in {self._hub.region} does not accept events of the organization "
            f"{organization}: an event bus {self._names.of(HUB_BUSES[0])}... is missing, or its "
            "policy is another one. The members' alerts would be lost. Deploy the stack "
            f"{self._settings.stack} first."
        )
        check = {"condition": f"${{{condition}}}", "error_message": message}
        found.add_override("lifecycle", {"postcondition": [check]})
        return found

    def _stack_set(
        self,
        id: str,
        name: str,
        template: Template,
        depends_on: Sequence[ITerraformDependable],
    ) -> CloudformationStackSet:
        key = f"{name}/{hashlib.sha256(template.text.encode()).hexdigest()[:32]}.json"
        content = S3Object(
            self,
            f"{id}-template",
            provider=self._provider,
            bucket=self._bucket,
            key=key,
            content=literal(template.text),
            content_type="application/json",
            depends_on=list(self._in_bucket),
        )
        # An object takes 10 tags, other resources 50.
        content.add_override("override_provider", {"default_tags": {"tags": {}}})
        place = f"{self._bucket}.s3.{self._hub.region}.{dns_suffix(self._hub.partition)}"
        return CloudformationStackSet(
            self,
            f"{id}-set",
            provider=self._provider,
            name=name,
            description=str(template.body["Description"]),
            permission_model="SERVICE_MANAGED",
            call_as=self._call_as,
            capabilities=["CAPABILITY_NAMED_IAM"],
            template_url=f"https://{place}/{key}",
            auto_deployment=CloudformationStackSetAutoDeployment(
                enabled=True, retain_stacks_on_account_removal=self._given.retain_stacks
            ),
            managed_execution=CloudformationStackSetManagedExecution(
                active=self._given.managed_execution
            ),
            operation_preferences=CloudformationStackSetOperationPreferences(
                **self._preferences,
                region_concurrency_type="PARALLEL"
                if self._given.parallel_regions
                else "SEQUENTIAL",
            ),
            timeouts=CloudformationStackSetTimeouts(update=LONGEST),
            depends_on=[content, *depends_on],
            lifecycle=TerraformResourceLifecycle(ignore_changes=["administration_role_arn"]),
        )

    def _instances(
        self,
        id: str,
        name: str,
        regions: Iterable[str],
        after: Sequence[ITerraformDependable],
    ) -> list[CloudformationStackSetInstance]:
        """Create the instances of each unit and Region, after the given resources."""
        waited = list(after)
        every: list[CloudformationStackSetInstance] = []
        for region in regions:
            here: list[CloudformationStackSetInstance] = []
            for unit in self._given.organizational_units:
                instance = self._instance(f"{id}-{unit}-{region}", name, unit, region, waited)
                here.append(instance)
                every.append(instance)
                if not self._given.managed_execution:
                    waited = [instance]
            if not self._given.parallel_regions:
                waited = list(here)
        return every

    def _instance(
        self, id: str, name: str, unit: str, region: str, after: Sequence[ITerraformDependable]
    ) -> CloudformationStackSetInstance:
        return CloudformationStackSetInstance(
            self,
            id,
            provider=self._provider,
            # Not a reference: were the set replaced, its instances would be deleted before.
            stack_set_name=name,
            call_as=self._call_as,
            region=region,
            deployment_targets=CloudformationStackSetInstanceDeploymentTargets(
                organizational_unit_ids=[unit],
                account_filter_type="DIFFERENCE",
                accounts=list(self._excluded),
            ),
            operation_preferences=CloudformationStackSetInstanceOperationPreferences(
                # By default the first is at most one more than the second (API reference,
                # StackSetOperationPreferences). The provider has no such argument for updates.
                **self._preferences,
                concurrency_mode="SOFT_FAILURE_TOLERANCE",
            ),
            retain_stack=self._given.retain_stacks,
            timeouts=CloudformationStackSetInstanceTimeouts(
                create=LONGEST, update=LONGEST, delete=LONGEST
            ),
            depends_on=list(after),
            lifecycle=TerraformResourceLifecycle(
                ignore_changes=["deployment_targets", "operation_preferences"]
            ),
        )

    def _record_excluded(self, instances: Iterable[CloudformationStackSetInstance]) -> None:
        """Show a change of the excluded accounts, which Terraform cannot make.

        A check reports each of them that the stack sets still deploy to.
        """
        excluded = json.dumps(list(self._excluded))
        self._stack.add_override(f"resource.terraform_data.{EXCLUDED}", {"input": excluded})
        summaries = [f"{each.fqn}.stack_instance_summaries" for each in instances]
        accounts = f"[for each in concat({', '.join(summaries)}) : each.account_id]"
        condition = f"length(setintersection(toset({excluded}), toset({accounts}))) == 0"
        message = (
            "The stack sets still deploy to an account that is excluded. Remove its stack "
            'instances: docs/stacksets.md, "Exclude an account".'
        )
        self._stack.add_override(
            f"check.{EXCLUDED}",
            {"assert": [{"condition": f"${{{condition}}}", "error_message": message}]},
        )

    @property
    def _call_as(self) -> str:
        return "DELEGATED_ADMIN" if self._given.delegated_administrator else "SELF"

    @property
    def _preferences(self) -> dict[str, Any]:
        """How many accounts at once, and in how many an operation may fail."""
        return {
            **_amount("max_concurrent", self._given.concurrent_accounts),
            **_amount("failure_tolerance", self._given.tolerated_failures),
        }


HUB_MARKER: Final = "hub"
"""The resource of Terraform's own provider that says where the hub is."""


def _amount(name: str, text: str) -> dict[str, int]:
    if text.endswith("%"):
        return {f"{name}_percentage": int(text[:-1])}
    return {f"{name}_count": int(text)}
