"""From the settings of one account to `[accounts.NAME]`: the state is kept, nothing is replaced."""

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import Deployment, deployer
from tests.support.accounts import little_guard

pytestmark = pytest.mark.long

BUCKET = f"reprieve-state-{ACCOUNT_ID}"
COMMON = little_guard("eu-west-1")
ID = f'id = "{ACCOUNT_ID}"\n'
S3 = f'[state]\nbackend = "s3"\nbucket = "{BUCKET}"\nregion = "eu-west-1"\n'


@pytest.fixture(scope="module")
def single(sandbox, tmp_path_factory):
    """Deploy with the settings of one account, without its id: as before there were accounts."""
    directory = tmp_path_factory.mktemp("single")
    (directory / "reprieve.toml").write_text(COMMON)
    settings = {name: value for name, value in deployer(sandbox).items() if name.startswith("AWS_")}
    deployment = Deployment(
        sandbox, directory, settings_file=directory / "reprieve.toml", settings=settings
    )
    deployment.deploy()
    return deployment


@pytest.fixture
def planned(single):
    """Return a function: other settings, and the stack, in; what the stack's plan would do, out."""

    def plan(toml, stack, **settings):
        (single.directory / "reprieve.toml").write_text(toml)
        deployment = single.of_stack(stack)
        deployment.settings = single.settings | settings
        deployment.synth()
        deployment.init()
        return deployment.plan()

    return plan


def test_an_id_changes_nothing_that_is_deployed(single, planned):
    """The upgrade of an account that names itself."""
    assert planned(f"{COMMON}[account]\n{ID}", "reprieve") == {}


def test_a_local_state_moves_with_its_file(single, planned):
    """Without it the plan would create everything: the stack has a state of its own."""
    toml = f"{COMMON}[accounts.production]\n{ID}"
    stack = "reprieve-production"
    created = planned(toml, stack)
    assert {tuple(actions) for actions in created.values()} == {("create",)}
    former = single.directory / "terraform.reprieve.tfstate"
    new = former.with_name(f"terraform.{stack}.tfstate")
    former.rename(new)
    try:
        assert planned(toml, stack) == {}
    finally:
        new.rename(former)


def test_a_state_in_s3_stays_where_it_is(sandbox, single, planned):
    """The account's table names its key; other accounts have others."""
    s3 = sandbox.client("s3", "eu-west-1")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    state = (single.directory / "terraform.reprieve.tfstate").read_bytes()
    s3.put_object(Bucket=BUCKET, Key="reprieve/reprieve.tfstate", Body=state)
    # A stack of another name: terraform remembers the backend of a stack that it has initialised.
    toml = (
        f"{COMMON}{S3}[accounts.main]\n{ID}"
        '[accounts.main.state]\nkey = "reprieve/reprieve.tfstate"\n'
        '[accounts.test]\nid = "222233334444"\n'
    )
    assert planned(toml, "reprieve-main", REPRIEVE_STATE__BACKEND="s3") == {}
