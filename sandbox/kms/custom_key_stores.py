"""Custom key stores. They can be created, connected, disconnected and deleted, but hold no keys.

Source: KMS API reference, CreateCustomKeyStore and its siblings. Connecting takes no time here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.core.account import current_account
from sandbox.core.errors import AwsError

Json = dict[str, Any]

_Key = tuple[str, str, str]
"""The account, the Region and the id of a key store."""

_stores: dict[_Key, Json] = {}


def clear() -> None:
    """Forget every key store."""
    _stores.clear()


def stores() -> dict[_Key, Json]:
    """Return the key stores of all accounts."""
    return _stores


def replace(stores: Mapping[_Key, Json]) -> None:
    """Have these key stores and no others."""
    _stores.clear()
    _stores.update(stores)


def answer(operation: str, parameters: Mapping[str, Any], region: str) -> Json:
    """Answer one call about key stores. Raise AwsError with KMS's own code."""
    return OPERATIONS[operation](parameters, region)


def _create(parameters: Mapping[str, Any], region: str) -> Json:
    name = parameters["CustomKeyStoreName"]
    if any(store["CustomKeyStoreName"] == name for store in _stores_in(region)):
        raise AwsError("CustomKeyStoreNameInUseException", f"{name} is in use.")
    identifier = f"cks-{uuid.uuid4().hex[:17]}"
    _stores[current_account(), region, identifier] = {
        "CustomKeyStoreId": identifier,
        "CustomKeyStoreName": name,
        "ConnectionState": "DISCONNECTED",
        "CustomKeyStoreType": parameters.get("CustomKeyStoreType", "AWS_CLOUDHSM"),
    }
    return {"CustomKeyStoreId": identifier}


def _describe(parameters: Mapping[str, Any], region: str) -> Json:
    if "CustomKeyStoreId" in parameters:
        return {"CustomKeyStores": [_store(parameters, region)], "Truncated": False}
    return {"CustomKeyStores": _stores_in(region), "Truncated": False}


def _connect(parameters: Mapping[str, Any], region: str) -> Json:
    _move(parameters, region, "DISCONNECTED", "CONNECTED")
    return {}


def _disconnect(parameters: Mapping[str, Any], region: str) -> Json:
    _move(parameters, region, "CONNECTED", "DISCONNECTED")
    return {}


def _delete(parameters: Mapping[str, Any], region: str) -> Json:
    _move(parameters, region, "DISCONNECTED", "DISCONNECTED")
    del _stores[current_account(), region, parameters["CustomKeyStoreId"]]
    return {}


def _move(parameters: Mapping[str, Any], region: str, before: str, after: str) -> None:
    store = _store(parameters, region)
    if store["ConnectionState"] != before:
        raise AwsError(
            "CustomKeyStoreInvalidStateException",
            f"{store['CustomKeyStoreId']} is {store['ConnectionState']}.",
        )
    store["ConnectionState"] = after


def _stores_in(region: str) -> list[Json]:
    here = current_account(), region
    return [store for (*where, _), store in _stores.items() if tuple(where) == here]


def _store(parameters: Mapping[str, Any], region: str) -> Json:
    identifier = parameters.get("CustomKeyStoreId", "")
    store = _stores.get((current_account(), region, identifier))
    if store is None:
        raise AwsError("CustomKeyStoreNotFoundException", f"{identifier} does not exist.")
    return store


OPERATIONS: dict[str, Callable[[Mapping[str, Any], str], Json]] = {
    "CreateCustomKeyStore": _create,
    "DescribeCustomKeyStores": _describe,
    "ConnectCustomKeyStore": _connect,
    "DisconnectCustomKeyStore": _disconnect,
    "DeleteCustomKeyStore": _delete,
}
