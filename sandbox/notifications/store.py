"""Notification configurations, their event rules and e-mail contacts, as the API keeps them.

Source: AWS User Notifications API reference, AWS User Notifications Contacts API reference. The
service is global: an account has one list of each.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from moto.iam.models import iam_backends

from sandbox.core.account import current_account
from sandbox.core.errors import AwsError

Json = dict[str, Any]

# An attribute of moto's backend, so that a reset and a snapshot of the account include it.
_KEPT: Final = "sandbox_user_notifications"


def kept_by(account: str) -> dict[str, Json]:
    """Return everything of an account by its ARN. Changing the dictionary keeps it."""
    kept: dict[str, Json] = vars(iam_backends[account]["aws"]).setdefault(_KEPT, {})
    return kept


def _new(arn: str, given: Json, **more: Any) -> Json:
    created = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    thing = {"tags": {}, "channels": [], **given, **more, "arn": arn, "creationTime": created}
    kept_by(current_account())[arn] = thing
    return thing


def _found(arn: str) -> Json:
    thing = kept_by(current_account()).get(arn)
    if thing is None:
        raise AwsError("ResourceNotFoundException", f"{arn} does not exist.", status=404)
    return thing


def _id() -> str:
    return f"a{uuid.uuid4().hex[:26]}"


def _create_configuration(given: Json) -> Json:
    arn = f"arn:aws:notifications::{current_account()}:configuration/{_id()}"
    return _new(arn, {"aggregationDuration": "NONE", **given}, status="ACTIVE", subtype="ACCOUNT")


def _create_rule(given: Json) -> Json:
    configuration = _found(given["notificationConfigurationArn"])
    return _activate(_new(f"{configuration['arn']}/rule/{_id()}", {"eventPattern": "", **given}))


def _activate(rule: Json) -> Json:
    state = {"status": "ACTIVE", "reason": ""}
    rule["statusSummaryByRegion"] = dict.fromkeys(rule["regions"], state)
    rule["managedRules"] = [
        f"arn:aws:events:{region}:{current_account()}:rule/AWSUserNotificationsManagedRule"
        for region in rule["regions"]
    ]
    return rule


def _create_contact(given: Json) -> Json:
    arn = f"arn:aws:notifications-contacts::{current_account()}:emailcontact/{_id()}"
    contact = _new(arn, given, address=given["emailAddress"], status="inactive")
    return contact | {"updateTime": contact["creationTime"]}


def _get_contact(given: Json) -> Json:
    contact = _found(given["arn"])
    return {"emailContact": {**contact, "updateTime": contact["creationTime"]}}


def _activate_contact(given: Json) -> Json:
    _found(given["arn"])["status"] = "active"
    return {}


def _update(given: Json) -> Json:
    thing = _found(given["arn"])
    thing.update(given)
    return _activate(thing) if "regions" in thing else thing


def _delete(given: Json) -> Json:
    arn = _found(given["arn"])["arn"]
    kept = kept_by(current_account())
    for each in [each for each in kept if each == arn or each.startswith(f"{arn}/")]:
        del kept[each]
    return {}


def _associate(given: Json) -> Json:
    _found(given["arn"])
    channels = _found(given["notificationConfigurationArn"])["channels"]
    if given["arn"] in channels:
        raise AwsError("ConflictException", "The channel is associated already.", status=409)
    channels.append(given["arn"])
    return {}


def _disassociate(given: Json) -> Json:
    channels = _found(given["notificationConfigurationArn"])["channels"]
    if given["arn"] not in channels:
        raise AwsError("ResourceNotFoundException", "The channel is not associated.", status=404)
    channels.remove(given["arn"])
    return {}


def _tag(given: Json) -> Json:
    _found(given["arn"])["tags"] |= given["tags"]
    return {}


def _untag(given: Json) -> Json:
    thing, names = _found(given["arn"]), given["tagKeys"]
    names = names if isinstance(names, list) else [names]
    thing["tags"] = {name: value for name, value in thing["tags"].items() if name not in names}
    return {}


_TAGGING: Final[dict[str, Callable[[Json], Json]]] = {
    "ListTagsForResource": lambda given: {"tags": _found(given["arn"])["tags"]},
    "TagResource": _tag,
    "UntagResource": _untag,
}
OPERATIONS: Final[dict[str, dict[str, Callable[[Json], Json]]]] = {
    "notifications": {
        **_TAGGING,
        "CreateNotificationConfiguration": _create_configuration,
        "GetNotificationConfiguration": lambda given: _found(given["arn"]),
        "UpdateNotificationConfiguration": _update,
        "DeleteNotificationConfiguration": _delete,
        "CreateEventRule": _create_rule,
        "GetEventRule": lambda given: _found(given["arn"]),
        "UpdateEventRule": _update,
        "DeleteEventRule": _delete,
        "AssociateChannel": _associate,
        "DisassociateChannel": _disassociate,
        "ListChannels": lambda given: {
            "channels": _found(given["notificationConfigurationArn"])["channels"]
        },
    },
    "notifications-contacts": {
        **_TAGGING,
        "CreateEmailContact": _create_contact,
        "GetEmailContact": _get_contact,
        "DeleteEmailContact": _delete,
        "SendActivationCode": lambda given: {},
        # The code is in an e-mail, which nobody reads here: any code is right.
        "ActivateEmailContact": _activate_contact,
    },
}
"""By signing name and name of the call: a function of its parameters."""
