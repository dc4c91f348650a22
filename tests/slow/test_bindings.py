"""Both generations of the AWS bindings synthesise the same JSON."""

import subprocess
import sys
from dataclasses import replace

from bench.synth import LIMIT_REGIONS, Size, stacks, synthesise
from bench.ways import FAST

OLDER = "20.1.0"  # generated from AWS provider 5.100.0; the Pipfile's from 6.25.0


def test_the_older_bindings_synthesise_the_same_json(tmp_path):
    """A user may pin either; only the version constraint would differ, and that is overridden."""
    older = tmp_path / "bindings"
    requirement = f"cdktf-cdktf-provider-aws=={OLDER}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", older]
    subprocess.run([*pip, requirement], check=True)
    assert (older / f"cdktf_cdktf_provider_aws-{OLDER}.dist-info").is_dir()
    found = []
    for variables in ({}, {"PYTHONPATH": str(older)}):
        way = replace(FAST, variables=variables)
        synthesise(Size(LIMIT_REGIONS), way, tmp_path)
        found.append(stacks(tmp_path, way))
    newer_json, older_json = found
    assert newer_json == older_json
