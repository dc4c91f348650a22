"""Every name that Reprieve gives or looks for in AWS, written once."""

import re
from dataclasses import dataclass
from typing import Final

DEFAULT_PREFIX: Final = "reprieve"
DEFAULT_ROLE_PATH: Final = "/"

STACK: Final = "reprieve"
"""The name of the stack of one account. `reprieve-NAME` is that of `[accounts.NAME]`.

It is part of the path of the state, so it must never change. It does not depend on the prefix.
"""

ORGANIZATION: Final = "organization"
"""What the name of the stack with the stack sets ends with, after that of the hub's account."""

MAX_PREFIX: Final = 32
"""Characters in a prefix: with the longest name after it, each kind of resource stays in its limit.

A rule and a role have 64 characters at most, and none of Reprieve's names is longer than 31 after
the prefix (EventBridge API reference, PutRule; IAM user guide, "IAM and STS quotas"). Rules of
`[[watch]]` are checked with the prefix of the settings.
"""

HUB: Final = "hub"
HUB_EXEMPT: Final = "hub-exempt"
HUB_MANUAL: Final = "hub-manual"
HUB_WATCH: Final = "hub-watch"
HUB_BUSES: Final = (HUB, HUB_EXEMPT, HUB_MANUAL, HUB_WATCH)
"""The event buses of the hub: to which one an event is forwarded says what happens because of it.

Their names have the prefix before it (`Names.of`).
"""

MAX_RULE: Final = 64
"""Characters in the name of a rule (EventBridge API reference, PutRule)."""


@dataclass(frozen=True)
class Names:
    """The names of a deployment's resources. Two deployments in an account differ in the prefix.

    Policies, trust policies and event patterns name resources by the prefix and a hyphen. The tags
    below are the same in every deployment.
    """

    prefix: str = DEFAULT_PREFIX
    role_path: str = DEFAULT_ROLE_PATH

    @property
    def beginning(self) -> str:
        """What the name of every resource begins with."""
        return f"{self.prefix}-"

    def of(self, id: str) -> str:
        """Return the name of the rule, alarm, queue or topic with this id."""
        return f"{self.beginning}{id}"

    @property
    def dead_letters(self) -> str:
        """The dead-letter queue of a Region, and the alarm on it."""
        return self.of("dead-letters")

    @property
    def alerts(self) -> str:
        """The topic of the alerts, unless the settings name it."""
        return self.of("alerts")

    @property
    def lifeline(self) -> str:
        """The unencrypted topic beside an encrypted one: see docs/architecture.md."""
        return self.of("lifeline")

    @property
    def alarms(self) -> str:
        """The topic of the alarms, if they have recipients of their own."""
        return self.of("alarms")

    @property
    def fallback(self) -> str:
        """The topic of a Region whose alerts the hub sends, for when it cannot reach the hub."""
        return self.of("fallback")

    @property
    def eventbridge_role(self) -> str:
        """The role by which EventBridge starts runbooks and forwards events."""
        return self.of("eventbridge")

    @property
    def automation_role(self) -> str:
        """The role that rescues keys."""
        return self.of("automation")

    @property
    def patrol_role(self) -> str:
        """The role that patrols."""
        return self.of("patrol")

    @property
    def chat_role(self) -> str:
        """The role of the chat channels, which allows nothing."""
        return self.of("chat")

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of the roles that Reprieve creates."""
        return self.eventbridge_role, self.automation_role, self.patrol_role

    def role_resource(self, name: str) -> str:
        """Return the end of a role's ARN: `role/PATH/NAME`."""
        return f"role{self.role_path}{name}"

    @property
    def guard_set(self) -> str:
        """The stack set that deploys the guard to the accounts of an organization."""
        return self.of("guard")

    @property
    def roles_set(self) -> str:
        """The stack set that deploys the IAM roles of the guard to these accounts."""
        return self.of("roles")

    def template_bucket(self, account: str) -> str:
        """Return the S3 bucket with the templates of the stack sets, in the hub's account."""
        return f"{self.beginning}templates-{account}"

    @property
    def dashboard(self) -> str:
        """The dashboard of the account."""
        return self.of("dashboard")

    @property
    def alert_key_alias(self) -> str:
        """The alias of the key that Reprieve creates to encrypt the alerts."""
        return f"alias/{self.alerts}"

    @property
    def drill(self) -> str:
        """What the names of a drill's queues and of its keys' aliases begin with."""
        return self.of("drill-")

    @property
    def drill_alias(self) -> str:
        """What the aliases of a drill's keys begin with."""
        return f"alias/{self.drill}"


def is_drill_alias(alias: str) -> bool:
    """Return whether an alias has the form of a drill's, of any deployment in the account."""
    return bool(re.fullmatch(r"alias/[a-z][a-z0-9-]*-drill-[0-9a-z]{1,16}", alias))


# Tags are the product's, whatever the prefix: a service control policy protects them all at once.
ALERT_KEY_TAG: Final = "reprieve:alert-key"
"""The tag of the key that Reprieve creates to encrypt the alerts."""

DRILL_TAG: Final = "reprieve-drill-run"
"""The tag of everything that a drill creates; its value is the drill's id."""

TAG_NAMESPACES: Final = ("reprieve-", "reprieve:")
"""What the keys of Reprieve's own tags begin with."""

STACK_SETS_ROLE: Final = "stacksets-exec-"
"""What the role that StackSets uses in each account of an organization is named; more follows.

CloudFormation user guide, "Configure a custom execution role template for StackSets".
"""

STACK_SETS_CREATOR: Final = (
    "aws-service-role/member.org.stacksets.cloudformation.amazonaws.com/"
    "AWSServiceRoleForCloudFormationStackSetsOrgMember"
)
"""The service-linked role, with its path, that creates the role above and nothing else.

CloudFormation user guide, "Activate trusted access with AWS Organizations".
"""

PENDING_STATES: Final = ("PendingDeletion", "PendingReplicaDeletion")
"""The states of a KMS key whose deletion is scheduled (KMS API reference, KeyState)."""
