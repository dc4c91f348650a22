"""Both generations of the AWS bindings synthesise the same JSON."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OLDER = "20.1.0"  # generated from AWS provider 5.100.0; the Pipfile's from 6.25.0


def synth(directory: Path, **variables: str) -> bytes:
    """Run main.py for the default 17 Regions and return the stack."""
    directory.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REPRIEVE_")}
    kept["REPRIEVE_NOTIFY__EMAILS"] = "security@example.com"
    subprocess.run(
        [sys.executable, PROJECT / "main.py"], cwd=directory, env=kept | variables, check=True
    )
    return (directory / "cdktf.out/stacks/reprieve/cdk.tf.json").read_bytes()


def test_the_older_bindings_synthesise_the_same_json(tmp_path):
    """A user may pin either; only the version constraint would differ, and that is overridden."""
    older = tmp_path / "bindings"
    requirement = f"cdktf-cdktf-provider-aws=={OLDER}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", older]
    subprocess.run([*pip, requirement], check=True)
    assert (older / f"cdktf_cdktf_provider_aws-{OLDER}.dist-info").is_dir()
    assert synth(tmp_path / "newer") == synth(tmp_path / "older", PYTHONPATH=str(older))
