"""What the calls of CloudFormation share: who calls, the template they bring, and the machinery."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from sandbox.cloudformation import access
from sandbox.cloudformation.templates import Template, invalid, read
from sandbox.core.background import Work
from sandbox.core.clients import Clients
from sandbox.core.quotas import Limits

Json = dict[str, Any]

_NAME: Final = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
# The host of a bucket, and the path of an object in it: both of S3's styles.
_VIRTUAL_HOST: Final = re.compile(r"(.+)\.s3[.-].*amazonaws\.com(?:\.cn)?")
_PATH_HOST: Final = re.compile(r"s3[.-].*amazonaws\.com(?:\.cn)?")


@dataclass(frozen=True)
class Request:
    """One call: its parameters as boto3 has them, and the caller's access key."""

    operation: str
    parameters: Json
    region: str
    access_key: str

    def get(self, name: str, default: Any = None) -> Any:
        """Return a parameter, or the default if the caller did not give it."""
        value = self.parameters.get(name)
        return default if value is None else value


@dataclass(frozen=True)
class Machinery:
    """The background jobs, the clients and the quotas, which all calls use."""

    work: Work
    clients: Clients
    limits: Limits

    def template(self, request: Request) -> Template:
        """Return the template of a call, from its body or from S3.

        Raises:
            AwsError: There is none, or CloudFormation would refuse it.
        """
        body, url = request.get("TemplateBody"), request.get("TemplateURL")
        if (body is None) == (url is None):
            raise invalid("Either Template URL or Template Body must be specified.")
        if body is not None:
            return read(body)
        return read(self._object(url, request), is_object=True)

    def _object(self, url: str, request: Request) -> str:
        parts = urlparse(url)
        host, path = parts.hostname or "", parts.path.lstrip("/")
        if virtual := _VIRTUAL_HOST.fullmatch(host):
            bucket, key = virtual[1], path
        elif _PATH_HOST.fullmatch(host):
            bucket, _, key = path.partition("/")
        else:
            raise invalid(f"TemplateURL must be a supported URL: {url}")
        s3 = access.client_of_key(self.clients, request.access_key, request.region)("s3")
        try:
            content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise invalid(f"S3 error: {error.response['Error']['Message']} ({url})") from None
        return content.decode()


def check_name(member: str, name: str) -> None:
    """Refuse a name that a stack or a stack set cannot have. `member` is AWS's name for it."""
    if not _NAME.fullmatch(name):
        raise invalid(
            f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "[a-zA-Z][-a-zA-Z0-9]*, with at most 128 characters"
        )


def page(items: list[Any], request: Request, length: int) -> tuple[list[Any], str | None]:
    """Return one page of a list, and the token of the next one. A token is a place in the list."""
    token = request.get("NextToken", "0")
    if not token.isdigit():
        raise invalid(f"Invalid NextToken: {token}")
    start = int(token)
    end = start + min(int(request.get("MaxResults", length)), length)
    return items[start:end], str(end) if end < len(items) else None
