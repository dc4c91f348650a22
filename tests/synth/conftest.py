"""One synth a session, and stacks of other settings where a test asks for them."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from syrupy.extensions.json import JSONSnapshotExtension

from stacks.account import add_account
from stacks.cdk import CDK, App
from tests.support.cdktn import as_cdktf
from tests.support.settings import load_one
from tests.support.synth import EMAIL, Stack, toml_of


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Stack]:
    """Return a function: settings as REPRIEVE_… variables in, the synthesised stack out.

    Each `watch` and `channel` is a table of the settings' file, which variables cannot say. The
    same settings are synthesised once.
    """
    known: dict[str, Stack] = {}

    def synthesise(
        watch: Sequence[Mapping[str, Any]] = (),
        channel: Sequence[Mapping[str, Any]] = (),
        **variables: str,
    ) -> Stack:
        given = json.dumps([list(watch), list(channel), variables], sort_keys=True)
        if given not in known:
            tables = toml_of("watch", watch) + toml_of("channel", channel)
            known[given] = _synthesised(tables, variables)
        return known[given]

    def _synthesised(tables: str, variables: dict[str, str]) -> Stack:
        directory: Path = tmp_path_factory.mktemp("synth")
        (directory / "reprieve.toml").write_text(tables)
        settings = load_one(EMAIL | variables, directory)
        app = App(outdir=str(directory))
        add_account(app, settings)
        app.synth()
        stack: Stack = json.loads((directory / "stacks/reprieve/cdk.tf.json").read_text())
        # `make test-cdktn` runs these tests with CDK Terrain, against the same golden files.
        return as_cdktf(stack) if CDK.name == "cdktn" else stack

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
