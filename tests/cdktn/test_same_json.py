"""CDK Terrain synthesises the JSON of CDKTF: all settings that the policy scan knows, and more."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cdktn import as_cdktf, differences

PROJECT = Path(__file__).resolve().parents[2]
BACKENDS = {
    "17-regions": {"REPRIEVE_NOTIFY__EMAILS": "security@example.com"},
    "s3": {
        "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
        "REPRIEVE_REGIONS__WATCH": "eu-west-1,us-east-1",
        "REPRIEVE_STATE__BACKEND": "s3",
        "REPRIEVE_STATE__BUCKET": "reprieve-state-111122223333",
        "REPRIEVE_STATE__REGION": "eu-central-1",
    },
    "hcp": {
        "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
        "REPRIEVE_REGIONS__WATCH": "eu-west-1",
        "REPRIEVE_STATE__BACKEND": "hcp",
        "REPRIEVE_STATE__ORGANIZATION": "example",
        "REPRIEVE_STATE__WORKSPACE": "reprieve",
    },
}
# Synthesises each variant to a folder; argv: the folder, the variants above as JSON.
PROGRAM = """
import json, pathlib, sys
import variants
output = pathlib.Path(sys.argv[1])
output.mkdir()
known = {name: variants.ONE_REGION | dict(said) for name, said in variants.VARIANTS.items()}
for name, said in (known | json.loads(sys.argv[2])).items():
    variants.synthesise(output, name, said, output)
from stacks.cdk import CDK
print(CDK.name, json.dumps([name.split(".")[0] for name in sys.modules]))
"""


def synthesise(directory: Path, cdk: str, **variables: str) -> dict[str, bytes]:
    """Synthesise all variants with a CDK; return the JSON of each."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("REPRIEVE_")}
    output = directory / f"{cdk}{len(variables)}"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, output, json.dumps(BACKENDS)],
        cwd=directory,
        env=kept
        | {"PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / '.ci/policy'}", "REPRIEVE_CDK": cdk}
        | variables,
        check=True,
        capture_output=True,
        text=True,
    )
    # Not a line of noise, and nothing of the other CDK is loaded.
    assert done.stderr == ""
    name, _, modules = done.stdout.partition(" ")
    assert name == cdk
    assert {each for each in json.loads(modules) if each in ("cdktf", "cdktn")} == {cdk}
    return {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in sorted(output.glob("*/stacks/*/cdk.tf.json"))
    }


@pytest.fixture(scope="module")
def of_cdktf(tmp_path_factory):
    """Return what CDKTF synthesises."""
    return synthesise(tmp_path_factory.mktemp("cdktf"), "cdktf")


@pytest.fixture(scope="module")
def of_cdktn(tmp_path_factory):
    """Return what CDK Terrain synthesises."""
    return synthesise(tmp_path_factory.mktemp("cdktn"), "cdktn")


def test_every_variant_is_the_same(of_cdktf, of_cdktn):
    """But for the version of the CDK, and one more word for the same provider."""
    assert len(of_cdktf) > len(BACKENDS) + 3
    assert list(of_cdktn) == list(of_cdktf)
    for name, expected in of_cdktf.items():
        cdktf, cdktn = json.loads(expected), json.loads(of_cdktn[name])
        assert as_cdktf(cdktn) == cdktf, name
        assert differences(cdktf, cdktn) == {
            "//.metadata.version": ("0.21.0", "0.24.0"),
            "terraform.required_providers.aws.source": ("aws", "hashicorp/aws"),
        }


def test_the_fast_loading_changes_nothing(of_cdktn, tmp_path):
    """Byte for byte."""
    assert synthesise(tmp_path, "cdktn", REPRIEVE_STOCK_BINDINGS="1") == of_cdktn


def test_a_wrong_type_is_reported_as_ever(tmp_path):
    """The cached type checks reject what the stock ones reject, in the same words."""
    code = (
        "from stacks.cdk import App, SnsTopic, TerraformStack\n"
        "try:\n    SnsTopic(TerraformStack(App(), 'stack'), 'topic', name=5)\n"
        "except TypeError as error:\n    print(str(error).splitlines()[0])"
    )
    printed = {
        stock: subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=os.environ
            | {
                "PYTHONPATH": str(PROJECT),
                "REPRIEVE_CDK": "cdktn",
                "REPRIEVE_STOCK_BINDINGS": stock,
            },
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for stock in ("", "1")
    }
    assert printed[""].startswith("type of argument")
    assert printed[""] == printed["1"]
