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
    assert 409 == refusal(workspace.lock, BOB)
    assert 409 == refusal(workspace.unlock, BOB)
    workspace.unlock(BOB, force=True)
    assert 409 == refusal(workspace.unlock, ALICE)


def test_only_who_holds_the_lock_writes(workspace):
    """Another's state, and anybody's without a lock, is a conflict."""
    assert 409 == refusal(announced, workspace, 1, BOB)
    workspace.unlock(ALICE)
    assert 409 == refusal(announced, workspace, 1)


def test_a_state_never_goes_back(workspace):
    """Neither to an old serial nor to another lineage."""
    upload(announced(workspace, 2), CONTENT)
    assert 412 == refusal(announced, workspace, 2)
    assert 409 == refusal(announced, workspace, 3, lineage="two")
    upload(announced(workspace, 3), CONTENT)
    assert 3 == workspace.current.serial


def test_what_is_uploaded_is_what_was_announced(workspace):
    """Once, and whole; until then the former state counts, and the lock is kept."""
    assert 404 == refusal(lambda: workspace.current)
    version = announced(workspace, 1)
    assert 400 == refusal(upload, version, b"another state")
    assert 404 == refusal(lambda: workspace.current)
    assert 409 == refusal(workspace.unlock, ALICE)
    upload(version, CONTENT)
    assert 400 == refusal(upload, version, CONTENT)
    workspace.unlock(ALICE)


def test_what_is_missing_is_not_found_and_made_by_who_may():
    """Who may not is told that there is nothing."""
    organization = Organization("example")
    assert 404 == refusal(organization.workspace, "reprieve")
    assert 404 == refusal(organization.create_workspace, READER, "reprieve", "prj-default")
    assert 404 == refusal(organization.create_project, READER, "Security tools")
    project = organization.create_project(ALICE, "Security tools")
    made = organization.create_workspace(ALICE, "reprieve", project)
    assert made == organization.workspace_by_id(made.id)
    assert 422 == refusal(organization.create_workspace, ALICE, "reprieve", project)
