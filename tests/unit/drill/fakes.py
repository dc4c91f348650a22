"""AWS clients that answer what a test says, for the tests of the drill."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

ACCOUNT_ID = "111122223333"
REGION = "eu-west-1"
ARN = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/48e3373b-816f-49dd-b6c4-7d981e5be380"


def failure(operation: str, code: str = "AccessDeniedException") -> ClientError:
    """Return the error that AWS answers a call with."""
    return ClientError({"Error": {"Code": code, "Message": "No."}}, operation)


class FakeClient:
    """A boto3 client. `answers` maps a method to its answer, to an error, or to a function.

    The answers of a method that has pages may be a list, of which a single call gets the first.

    `calls` has each call: the method and its parameters.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            self.calls.append((method, parameters))
            answer = self.answers[method]
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, list):
                return answer[0]
            return answer(**parameters) if callable(answer) else answer

        return call

    def get_paginator(self, method: str) -> Any:
        """Return a paginator, of one page unless the answer is a list of them."""
        client = self

        class Paginator:
            def paginate(self, **parameters: Any) -> list[Any]:
                first, more = getattr(client, method)(**parameters), client.answers[method]
                return [first, *more[1:]] if isinstance(more, list) else [first]

        return Paginator()

    @property
    def called(self) -> list[str]:
        """The methods that were called."""
        return [method for method, _ in self.calls]


class FakeAccount:
    """An account whose clients are fakes, by service."""

    def __init__(self, clients: Mapping[str, FakeClient]) -> None:
        self.id = ACCOUNT_ID
        self.name = None
        self._clients = clients

    def client(self, service: str, region: str) -> FakeClient:
        """Return the fake of a service."""
        assert region == REGION
        return self._clients[service]
