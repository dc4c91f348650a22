"""The policy scan finds what is weak: a scan that finds nothing proves nothing by itself."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.synth import EMAIL

PROJECT = Path(__file__).resolve().parents[2]
SCANNER = PROJECT / ".tools/policy-scan/bin/python"


@pytest.fixture(scope="module")
def variants(tmp_path_factory):
    """The settings that `make policy-scan` scans, synthesised elsewhere."""
    directory = tmp_path_factory.mktemp("policy")
    script = "import variants, pathlib; variants.OUTPUT = pathlib.Path(%r); variants.main()"
    environment = {"PYTHONPATH": f"{PROJECT}:{PROJECT}/.ci/policy", "PATH": "/usr/bin:/bin"}
    node = shutil.which("node")
    assert node, "Node.js is not on PATH, and synthesis needs it. Install it."
    environment["PATH"] = f"{Path(node).parent}:{environment['PATH']}"
    subprocess.run(
        [PROJECT / ".venv/bin/python", "-c", script % str(directory / "all")],
        env=environment | EMAIL,
        cwd=directory,
        check=True,
    )
    return directory / "all"


def scan(directory, *files):
    """Run the scan; its exit code and what it printed."""
    assert SCANNER.exists(), "The linters are not installed: run `make policy-scan`."
    run = subprocess.run(
        [SCANNER, "-W", "ignore", PROJECT / ".ci/policy/scan.py", directory, *files],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def test_a_queue_that_is_open_and_a_policy_that_is_wide_are_found(variants, tmp_path):
    """Both linters look: a queue that anybody may send to, and a role that may do everything."""
    weakened = tmp_path / "all"
    shutil.copytree(variants, weakened)
    path = weakened / "plain/stacks/reprieve/cdk.tf.json"
    stack = json.loads(path.read_text())
    (queue,) = stack["resource"]["aws_sqs_queue"].values()
    queue["sqs_managed_sse_enabled"] = False
    role_policy = next(iter(stack["resource"]["aws_iam_role_policy"].values()))
    wide = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role_policy["policy"] = json.dumps({"Version": "2012-10-17", "Statement": [wide]})
    path.write_text(json.dumps(stack))
    code, printed = scan(weakened)
    assert code == 1
    assert "CKV_AWS_27" in printed  # a queue without encryption
    assert "aws_iam_role_policy" in printed


def test_an_exception_that_excuses_nothing_is_a_fault(variants, tmp_path):
    """Else the list grows old: without the operators' policies one excuses nothing."""
    code, printed = scan(variants)
    assert code == 1
    assert "kms:GetKeyLastUsage" in printed or "excuses nothing" in printed


def test_where_there_is_nothing_to_scan_it_says_so(tmp_path):
    """An empty folder is no clean bill of health."""
    code, printed = scan(tmp_path)
    assert code == 2
    assert "There is no NAME/stacks/" in printed
