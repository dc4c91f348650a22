"""Deployments that are made once: every other test that wants the same one starts from a copy."""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.deployment import EXAMPLE, Deployment, deployer
from sandbox.server import Sandbox
from tests.support.account import Account, deploy

_SNAPSHOT = "account.pickle"


class Deployments:
    """Deploys settings for the first test that asks for them, and copies for all others.

    The real terraform deploys, once in a test run, whichever of its processes asks first; the
    others wait for it. A copy is the working directory, with its state and the provider, and a
    snapshot of the sandbox's account.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def account(
        self,
        sandbox: Sandbox,
        directory: Path,
        settings_file: Path = EXAMPLE,
        **settings: str,
    ) -> Account:
        """Return the account of an empty sandbox with the settings deployed from `directory`."""
        key = json.dumps([settings_file.read_text(), settings], sort_keys=True)
        kept = self._directory / hashlib.sha256(key.encode()).hexdigest()[:16]
        with _locked(kept.with_suffix(".lock")):
            if not kept.exists():
                deployment = deploy(sandbox, directory, settings_file, **settings)
                made = kept.with_suffix(".new")
                shutil.rmtree(made, ignore_errors=True)  # of a test that failed half-way
                shutil.copytree(directory, made, symlinks=True)
                (made / _SNAPSHOT).write_bytes(sandbox.snapshot())
                made.rename(kept)
                return Account(sandbox, deployment)
        shutil.copytree(kept, directory, symlinks=True, dirs_exist_ok=True)
        # Made again here, since some of its files name the directory.
        sandbox.restore((directory / _SNAPSHOT).read_bytes())
        settings = deployer(sandbox) | settings
        deployment = Deployment(sandbox, directory, settings_file=settings_file, settings=settings)
        return Account(sandbox, deployment)


@pytest.fixture(scope="session")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> Deployments:
    """Share deployments among the processes of one test run."""
    base = tmp_path_factory.getbasetemp()
    # With xdist each process has its own directory in that of the run.
    directory = (base.parent if base.name.startswith("popen-") else base) / "deployments"
    directory.mkdir(exist_ok=True)
    return Deployments(directory)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
