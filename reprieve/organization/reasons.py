"""What to do about a stack instance: by its state, and by the reason that AWS gives."""

import re
from typing import Final

from reprieve.organization.records import Instance
from reprieve.organization.result import State

_CURRENT: Final = ("SUCCEEDED", None)
_RUNNING: Final = ("PENDING", "RUNNING")
_BROKEN: Final = ("INOPERABLE", "FAILED_IMPORT")

PROBLEMS: Final = {
    State.IN_PROGRESS: "An operation is in progress.",
    State.OUTDATED: "The stack is not up to date: the guard is missing or an older one.",
    State.FAILED: "The deployment failed: the guard is missing or an older one.",
    State.INOPERABLE: "The stack is inoperable: StackSets no longer updates it.",
    State.SKIPPED: "StackSets skipped the account, since it was suspended then.",
    State.DRIFTED: "The last drift detection found that the resources of the stack were changed.",
    State.MISSING: "There is no stack instance: the guard was never deployed.",
    State.UNKNOWN: "AWS reports a status that this version of Reprieve does not know.",
}
"""By state: what is wrong, in a sentence. `DEPLOYED` has none."""

# The first that matches. The texts are those of StackSets and of the services behind it; AWS
# documents few of them, so each is one or two words that such a text cannot lack.
_HINTS: Final = (
    (
        r"role \S+ does not exist|cannot be assumed|NoSuchEntity",
        "The guard came before its roles. Deploy it again.",
    ),
    (
        r"failure tolerance|cancel+ed since",
        "Other stacks failed before it was its turn. Fix those first.",
    ),
    (
        r"already ?exists|AlreadyExistsException",
        "Something else has created a resource of this name in the account: another deployment of "
        "Reprieve, or AWS's pattern (`reprieve adopt` finds it). Remove that.",
    ),
    (
        r"service control policy|explicit deny|not authorized|AccessDenied|access denied",
        "A policy in the account or in the organization denies this to StackSets: exempt the role "
        "stacksets-exec-* of the account in it.",
    ),
    (
        r"not enabled|OptInRequired|not subscribed|opt-?in|InvalidClientTokenId|"
        r"security token.*invalid",
        "The account has not enabled the Region. Enable it, or exclude the Region.",
    ),
    (
        r"LimitExceeded|quota|limit exceeded|maximum number",
        "The account has reached a quota of the service. Raise it, or remove what is not needed.",
    ),
    (
        r"throttl|rate exceeded|TooManyRequests",
        "AWS throttled the deployment. Deploy to fewer accounts at once.",
    ),
    (
        r"trusted access|organizations access|stacksets-exec|service-linked role",
        "StackSets may not act in the account. Activate trusted access of StackSets in the "
        "organization, and check that nobody deleted the role stacksets-exec-* of the account.",
    ),
    (r"suspended", "Reopen or remove the account."),
)

_INOPERABLE: Final = (
    "A deletion failed. Delete the stack instance with RetainStacks, delete the stack in the "
    "account, and deploy again."
)
_BY_STATE: Final = {
    State.IN_PROGRESS: "Run the command again when the operation is over.",
    State.INOPERABLE: _INOPERABLE,
    State.SKIPPED: "If it is active again, deploy to it again.",
    State.MISSING: "If the account has just joined, wait for the automatic deployment. Otherwise "
    "deploy to it.",
    State.UNKNOWN: "Look at the stack instance in the CloudFormation console, and report this "
    "with the version of `reprieve --version`.",
}
_DRIFTED: Final = (
    "`aws cloudformation list-stack-instance-resource-drifts {of} --stack-instance-account ACCOUNT "
    "--stack-instance-region REGION --operation-id ID` names the resources; ID is that of the last "
    "DETECT_DRIFT in `aws cloudformation list-stack-set-operations {of}`. A deployment of the same "
    "template changes nothing: set them back, or delete the stack instance and create it again "
    "(docs/stacksets.md). Then detect the drift again."
)
_EVENTS: Final = "The events of the stack in the account say more. Fix the cause."

RETRY_STATES: Final = (State.OUTDATED, State.FAILED, State.SKIPPED, State.MISSING)
"""The states that a new deployment to the accounts ends."""


def state_of(instance: Instance) -> State:
    """Return the state of a stack instance (API reference, StackInstanceSummary)."""
    status, detail = instance.status, instance.detail
    if detail in _RUNNING:
        return State.IN_PROGRESS
    if status == "INOPERABLE" or detail in _BROKEN:
        return State.INOPERABLE
    if detail == "SKIPPED_SUSPENDED_ACCOUNT":
        return State.SKIPPED
    if status == "CURRENT":
        # The last operation may have failed and changed nothing, as a detection of drift.
        if detail not in (*_CURRENT, "FAILED", "CANCELLED"):
            return State.UNKNOWN
        return State.DRIFTED if instance.drift == "DRIFTED" else State.DEPLOYED
    if status == "OUTDATED":
        if detail == "FAILED":
            return State.FAILED
        return State.OUTDATED if detail in (*_CURRENT, "CANCELLED") else State.UNKNOWN
    return State.UNKNOWN


def hint_for(state: State, reason: str, of: str) -> str:
    """Return what to do about a stack instance in this state.

    `of` are the options of the AWS CLI that name the stack set.
    """
    if state is State.DRIFTED:
        return _DRIFTED.format(of=of)
    if state in (State.OUTDATED, State.FAILED):
        return next((hint for words, hint in _HINTS if re.search(words, reason, re.I)), _EVENTS)
    return _BY_STATE.get(state, "")
