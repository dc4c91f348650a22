"""What `reprieve status` reads of the key that encrypts the alerts."""

from reprieve.aws.keys import key_tags
from reprieve.status.topic_checks import _aliases
from tests.unit.drill.fakes import ARN, FakeClient


def test_every_page_of_aliases_and_tags_is_read():
    """KMS may put fewer on a page than it could (API reference, ListAliases)."""
    kms = FakeClient(
        list_aliases=[{"Aliases": [{"AliasName": f"alias/{each}"}]} for each in "ab"],
        list_resource_tags=[{"Tags": [{"TagKey": each, "TagValue": each}]} for each in "ab"],
    )
    assert _aliases(kms, ARN) == ["alias/a", "alias/b"]
    assert key_tags(kms, ARN) == {"a": "a", "b": "b"}
