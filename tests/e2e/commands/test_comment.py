"""The comment that a pull request gets, of a real plan of all Regions."""

import pytest

from reprieve.diff.markdown_report import MAX_SIZE
from reprieve.regions import DEFAULT_REGIONS
from sandbox.deployment import Deployment
from tests.support.operator import Operator

pytestmark = pytest.mark.long


def test_seventeen_regions_fit_into_a_comment(sandbox, tmp_path):
    """The first plan there is: each guard is new, and one line reports them, with all Regions."""
    settings = {"REPRIEVE_NOTIFY__EMAILS": "security@example.com"}
    deployment = Deployment(sandbox, tmp_path, settings=settings)
    deployment.synth()
    deployment.init()
    deployment.terraform("plan", "-out=plan")
    plan = tmp_path / "plan.json"
    plan.write_text(deployment.terraform("show", "-json", "plan"))
    printed = Operator(sandbox, settings).run("diff", "--format", "markdown", str(plan))
    assert printed.exit_code == 3
    assert len(printed.text.encode()) <= MAX_SIZE
    headline = printed.text.splitlines()[0]
    assert headline.startswith("### Reprieve: ")
    assert "created" in headline
    in_sight = printed.text.partition("<details>")[0]
    assert sum("a whole guard" in line for line in in_sight.splitlines()) == 1
    assert all(region in printed.text for region in DEFAULT_REGIONS) or "17 Regions" in in_sight
