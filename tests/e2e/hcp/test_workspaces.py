"""The stand-in for HCP Terraform refuses what HCP Terraform refuses."""

import hashlib

import pytest

from tests.e2e.hcp.workspaces import Organization, Refused, User, Workspace, upload

ALICE, BOB = User("alice"), User("bob")
READER = User("reader", may_create=False)
CONTENT = b"a state"
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture
def workspace():
    """Return a workspace that Alice has locked."""
    workspace = Workspace("ws-1", "reprieve", "Default Project", "local")
    workspace.lock(ALICE)
    return workspace


def announced(workspace, serial, user=ALICE, **more):
    """Announce a state."""
    attributes = {"serial": serial, "md5": MD5, "lineage": "one"} | more
    return workspace.announce(f"sv-{serial}", user, attributes)


def refusal(call, *arguments, **options):
    """Return the status that a call is refused with."""
    with pytest.raises(Refused) as refused:
        call(*arguments, **options)
    return refused.value.status


def test_a_lock_is_one_persons(workspace):
    """Nobody locks twice, and nobody unlocks for another, unless by force."""
    assert refusal(workspace.lock, BOB) == 409
    assert refusal(workspace.unlock, BOB) == 409
    workspace.unlock(BOB, force=True)
    assert refusal(workspace.unlock, ALICE) == 409


def test_only_who_holds_the_lock_writes(workspace):
    """Another's state, and anybody's without a lock, is a conflict."""
    assert refusal(announced, workspace, 1, BOB) == 409
    workspace.unlock(ALICE)
    assert refusal(announced, workspace, 1) == 409


def test_a_state_never_goes_back(workspace):
    """Neither to an old serial nor to another lineage."""
    upload(announced(workspace, 2), CONTENT)
    assert refusal(announced, workspace, 2) == 412
    assert refusal(announced, workspace, 3, lineage="two") == 409
    upload(announced(workspace, 3), CONTENT)
    assert workspace.current.serial == 3


def test_what_is_uploaded_is_what_was_announced(workspace):
    """Once, and whole; until then the former state counts, and the lock is kept."""
    assert refusal(lambda: workspace.current) == 404
    version = announced(workspace, 1)
    assert refusal(upload, version, b"another state") == 400
    assert refusal(lambda: workspace.current) == 404
    assert refusal(workspace.unlock, ALICE) == 409
    upload(version, CONTENT)
    assert refusal(upload, version, CONTENT) == 400
    workspace.unlock(ALICE)


def test_what_is_missing_is_not_found_and_made_by_who_may():
    """Without permission the answer is that there is nothing."""
    organization = Organization("example")
    assert refusal(organization.workspace, "reprieve") == 404
    assert refusal(organization.create_workspace, READER, "reprieve", "prj-default") == 404
    assert refusal(organization.create_project, READER, "Security tools") == 404
    project = organization.create_project(ALICE, "Security tools")
    made = organization.create_workspace(ALICE, "reprieve", project)
    assert made == organization.workspace_by_id(made.id)
    assert refusal(organization.create_workspace, ALICE, "reprieve", project) == 422
