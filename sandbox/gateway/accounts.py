"""The accounts of the sandbox, and the account that each request belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from sandbox.core.account import ACCOUNT_ID, in_account
from sandbox.core.clients import FOR_CALLER
from sandbox.gateway.authorizer import CREDENTIAL
from sandbox.gateway.call import MOTO_ACCOUNT, VIA
from sandbox.iam.principals import account_of_key

_ACCOUNT: Final = re.compile(r"\d{12}")
_ROOT: Final = "sandbox"
_CLOUDFORMATION: Final = "cloudformation.amazonaws.com"
_ROOT_KEY: Final = re.compile(rf"{_ROOT}-(\d{{12}})")


class Accounts:
    """The ids of the accounts. The default account is the first one.

    An access key belongs to the account whose IAM made it. Every other access key is one of the
    root of the default account, except those of `root_key`.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids = [ACCOUNT_ID]
        for account in ids:
            self.add(account)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in the order in which the accounts were added."""
        return tuple(self._ids)

    def replace(self, ids: Iterable[str]) -> None:
        """Have these accounts and no others. The default account is one of them."""
        self._ids = list(ids)

    def add(self, account: str) -> bool:
        """Add an account. Return False if it is there already.

        Raises:
            ValueError: The id has not 12 digits.
        """
        if not _ACCOUNT.fullmatch(account):
            raise ValueError(f"an account id has 12 digits, unlike {account!r}")
        is_new = account not in self._ids
        if is_new:
            self._ids.append(account)
        return is_new

    def root_key(self, account: str) -> str:
        """Return an access key of an account's root. Its secret is the same text.

        Raises:
            LookupError: There is no such account.
        """
        if account not in self._ids:
            raise LookupError(f"the sandbox has no account {account}")
        return _ROOT if account == ACCOUNT_ID else f"{_ROOT}-{account}"

    def of_key(self, access_key: str) -> str:
        """Return the account of an access key."""
        root = _ROOT_KEY.fullmatch(access_key)
        if root and root[1] in self._ids:
            return root[1]
        return account_of_key(access_key) or ACCOUNT_ID


class AccountGate:
    """A WSGI application in front of another one, which then acts in the account of the request."""

    def __init__(self, app: Any, accounts: Accounts) -> None:
        self._app = app
        self._accounts = accounts

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one HTTP request."""
        signature = environ.get("HTTP_AUTHORIZATION", "")
        scope = CREDENTIAL.search(signature)
        key = "" if scope is None else scope[1]
        environ[VIA] = ""
        if key.startswith(FOR_CALLER):
            environ["HTTP_AUTHORIZATION"] = signature.replace(FOR_CALLER, "", 1)
            environ[VIA], key = _CLOUDFORMATION, key.removeprefix(FOR_CALLER)
        account = self._accounts.of_key(key) if key else ACCOUNT_ID
        environ[MOTO_ACCOUNT] = account
        with in_account(account):
            # The whole body, so that nothing of the answer is made outside the account.
            return [b"".join(self._app(environ, start_response))]
