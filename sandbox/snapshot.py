"""A copy of the accounts: what moto keeps of every service, and what the sandbox keeps beside."""

import copyreg
import io
import pickle
import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

import cloudpickle  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from moto.backends import get_backend
from moto.core.base_backend import BackendDict, backend_lock

from sandbox.core import clock
from sandbox.kms import custom_key_stores

_LOCK: Final = type(threading.RLock())
_PRIVATE_KEYS: Final = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)
_PLAIN: Final = NoEncryption()


@dataclass(frozen=True)
class Kept:
    """What the server keeps of the accounts: their ids, and CloudTrail's records of each one."""

    accounts: tuple[str, ...]
    history: dict[str, dict[str, list[dict[str, Any]]]]


@dataclass(frozen=True)
class _Copy:
    """The parts of the accounts. `backends` are moto's, by the name of their service."""

    backends: dict[str, dict[str, Any]]
    key_stores: dict[tuple[str, str, str], dict[str, Any]]
    ahead: Any
    kept: Kept


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc, unused-ignore]
    """Pickles moto's backends, which hold local functions and locks."""

    def reducer_override(self, value: Any) -> Any:
        """Copy locks, private keys of KMS, and dictionaries that moto creates with arguments."""
        if isinstance(value, _LOCK):
            return threading.RLock, ()
        if isinstance(value, _PRIVATE_KEYS):
            return _load_key, (value.private_bytes(Encoding.DER, PrivateFormat.PKCS8, _PLAIN),)
        if isinstance(value, defaultdict) and type(value) is not defaultdict:
            state = (value.default_factory, value.__dict__)
            items = iter(value.items())
            return copyreg.__newobj__, (type(value),), state, None, items, _set_defaults  # type: ignore[attr-defined]
        return super().reducer_override(value)


def _in_use() -> list[Any]:
    """Return moto's list of the backends that hold something."""
    return BackendDict._instances  # type: ignore[misc]


def _load_key(der: bytes) -> Any:
    return load_der_private_key(der, password=None)


def _set_defaults(value: defaultdict[Any, Any], state: tuple[Any, dict[str, Any]]) -> None:
    value.default_factory = state[0]
    value.__dict__.update(state[1])


def take(kept: Kept) -> bytes:
    """Return a copy of the accounts, in which no job is running."""
    with backend_lock:
        backends = {each.service_name: dict(each) for each in _in_use()}
    copy = _Copy(backends, custom_key_stores.stores(), clock.ahead(), kept)
    written = io.BytesIO()
    _Pickler(written).dump(copy)
    return written.getvalue()


def restore(snapshot: bytes) -> Kept:
    """Replace the accounts with a copy, and return what the server has to keep of it.

    Restore only what `take` returned: reading a pickle runs code.
    """
    copy: _Copy = pickle.loads(snapshot)  # noqa: S301
    with backend_lock:
        for service, accounts in copy.backends.items():
            backend: Any = get_backend(service)  # type: ignore[call-overload, unused-ignore]
            backend.clear()
            backend.update(accounts)
            if backend not in _in_use():
                _in_use().append(backend)
    custom_key_stores.replace(copy.key_stores)
    clock.set_ahead(copy.ahead)
    return copy.kept
