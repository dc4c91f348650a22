"""The Terraform addresses stay as they are: a state knows resources by nothing else."""

from pathlib import Path

from tests.support.synth import WATCH, resources

GOLDEN = Path(__file__).with_name("addresses.txt")
EVERYTHING = {
    # Two, so that one forwards events to the other.
    "REPRIEVE_REGIONS__WATCH": "eu-west-1,us-west-2",
    "REPRIEVE_NOTIFY__ENCRYPTION": "own",
    "REPRIEVE_REMEDIATION__RE_ENABLE": "true",
    "REPRIEVE_REMEDIATION__ENABLE_DISABLED": "true",
    "REPRIEVE_REMEDIATION__ADAPTIVE_CONCURRENCY": "true",
    "REPRIEVE_RELIABILITY__ALARM_EMAILS": "alarms@example.com",
    "REPRIEVE_EXEMPT__PRINCIPALS": "arn:aws:iam::111122223333:role/KeyAdministrator",
}


def test_no_address_is_lost(synth):
    """Terraform destroys what has lost its address, and creates it again under another one.

    To rename a construct, add a `moved` block (in CDKTF a resource's `move_from_id`), show
    in a plan that nothing is destroyed, and then change the golden file.
    """
    plain = synth(REPRIEVE_REGIONS__WATCH="eu-west-1")
    everything = synth(watch=[WATCH], **EVERYTHING)
    addresses = {*resources(plain), *resources(everything)}
    found = {each for each in addresses if ".us-west-2_" not in each}  # as in eu-west-1
    known = set(GOLDEN.read_text().split())
    assert sorted(known - found) == [], "these addresses are lost: add `moved` blocks"
    assert sorted(found - known) == [], f"these addresses are new: add them to {GOLDEN.name}"
