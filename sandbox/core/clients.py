"""boto3 clients that talk to the sandbox only, whatever the environment says."""

from __future__ import annotations

import os
from functools import cache
from threading import Lock
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

_LOCK = Lock()  # In boto3 creating a client is not thread-safe, using one is.


@cache
def _session() -> boto3.Session:
    """Return the session of this process. It caches service descriptions, which load slowly."""
    # The session reads neither the user's profile nor the user's files.
    no_file = (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": no_file,
            "credentials_file": no_file,
        }
    )
    return boto3.Session(botocore_session=core)


# No request leaves the machine, not even one that is not meant for AWS.
_LOCAL = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    # terraform and cdktf would ask HashiCorp about new versions.
    "CHECKPOINT_DISABLE": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}


FOR_CALLER = "cloudformation-"
"""The access key of a caller has this before it if CloudFormation makes a call in its name."""


class Clients:
    """Creates boto3 clients for one endpoint."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = _session()
        self._cached: dict[tuple[str, str, str], Any] = {}

    @property
    def endpoint(self) -> str:
        """The URL of the sandbox."""
        return self._endpoint

    def environment(self, region: str) -> dict[str, str]:
        """Return variables, without credentials, that make programs talk to the endpoint only."""
        return {
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            **_LOCAL,
        }

    def make(
        self, service: str, region: str, key: str, secret: str, token: str | None = None
    ) -> Any:
        """Return a client of a service in a Region, with these credentials.

        A client with long-term credentials (no token) is created once, because creating it costs
        more than using it.
        """
        with _LOCK:
            if token is None and (cached := self._cached.get((service, region, key))):
                return cached
            client = self._session.client(
                service,
                region_name=region,
                endpoint_url=self._endpoint,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                aws_session_token=token,
                config=Config(
                    proxies={},
                    retries={"total_max_attempts": 1},
                    read_timeout=30,
                    ignore_configured_endpoint_urls=True,
                    # An S3 bucket must not become a host name under 127.0.0.1.
                    s3={"addressing_style": "path"},
                ),
            )
            if token is None:
                self._cached[service, region, key] = client
            return client
