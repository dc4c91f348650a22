"""One synth a session, and stacks of other settings where a test asks for them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from syrupy.extensions.json import JSONSnapshotExtension

from stacks.account import AccountStack
from stacks.cdk import App
from tests.support.settings import load_one
from tests.support.synth import EMAIL, Stack


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Stack]:
    """Return a function: settings as REPRIEVE_… variables in, the synthesised stack out.

    Each `watch` is a table of the settings' file, which variables cannot say. The same settings are
    synthesised once.
    """
    known: dict[str, Stack] = {}

    def synthesise(watch: Sequence[dict[str, str]] = (), **variables: str) -> Stack:
        given = json.dumps([list(watch), variables], sort_keys=True)
        if given not in known:
            known[given] = _synthesised(watch, variables)
        return known[given]

    def _synthesised(watch: Sequence[dict[str, str]], variables: dict[str, str]) -> Stack:
        directory: Path = tmp_path_factory.mktemp("synth")
        tables = [
            "\n".join(["[[watch]]", *(f"{key} = {json.dumps(text)}" for key, text in each.items())])
            for each in watch
        ]
        (directory / "reprieve.toml").write_text("\n".join(tables))
        settings = load_one(EMAIL | variables, directory)
        app = App(outdir=str(directory))
        AccountStack(app, "reprieve", settings)
        app.synth()
        stack: Stack = json.loads((directory / "stacks/reprieve/cdk.tf.json").read_text())
        return stack

    return synthesise


@pytest.fixture(scope="session")
def stack(synth: Callable[..., Stack]) -> Stack:
    """Return the stack of the default settings: 17 Regions, remediation on."""
    return synth()


@pytest.fixture(scope="session")
def two_regions(synth: Callable[..., Stack]) -> Stack:
    """Return the stack of two Regions."""
    return synth(REPRIEVE_REGIONS__WATCH="eu-west-1,us-east-1")


@pytest.fixture
def snapshot_json(snapshot):
    """Return a golden file that is JSON of its own, so that a review can read it."""
    return snapshot.use_extension(JSONSnapshotExtension)
