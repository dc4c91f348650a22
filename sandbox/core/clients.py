"""boto3 clients that talk to the sandbox and to nothing else, whatever the environment says."""

from __future__ import annotations

import os
from functools import cache
from threading import Lock
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

_LOCK = Lock()  # Making a client is not thread-safe in boto3; using one is.


@cache
def _session() -> boto3.Session:
    """One session a process: it keeps the descriptions of the services, which are slow to read."""
    # No profile and no file of the user's is looked at.
    nowhere = (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": nowhere,
            "credentials_file": nowhere,
        }
    )
    return boto3.Session(botocore_session=core)


# Of everything, also of what is not meant for AWS, nothing is to leave the machine.
_LOCAL = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    # terraform and cdktf would ask HashiCorp for news of themselves.
    "CHECKPOINT_DISABLE": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}


class Clients:
    """Makes boto3 clients for one endpoint."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = _session()
        self._lasting: dict[tuple[str, str, str], Any] = {}

    def environment(self, region: str) -> dict[str, str]:
        """What makes programs talk to the endpoint only; all but the credentials."""
        return {
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            **_LOCAL,
        }

    def make(
        self, service: str, region: str, key: str, secret: str, token: str | None = None
    ) -> Any:
        """A client of a service in a Region, with these credentials.

        One with lasting credentials (no token) is made once: making it costs more than using it.
        """
        with _LOCK:
            if token is None and (made := self._lasting.get((service, region, key))):
                return made
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
                self._lasting[service, region, key] = client
            return client
