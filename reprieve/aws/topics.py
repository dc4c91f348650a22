"""Which topics exist in the account, whatever Terraform's state contains."""

from collections.abc import Mapping
from typing import Final

from reprieve.aws.account import AccountError
from reprieve.aws.opening import Access, open_accounts
from reprieve.aws.parallel import run_in_parallel
from reprieve.location import Location
from reprieve.regions import partition_of
from reprieve.settings.schema import Settings

_TIMEOUT: Final = 30


def existing_topics(names: Mapping[str, str], settings: Settings) -> frozenset[str]:
    """Return the Regions in which a topic of this name exists, with the default credentials.

    `names` holds the name of the topic by Region, and `settings` are those of the account. A Region
    that cannot be asked is left out: this is only one more check of a plan, which is complete
    without it.
    """
    if not names:
        return frozenset()
    try:
        ((opened,), _) = open_accounts(Access(), [settings])
    except AccountError:
        return frozenset()
    account = opened.account

    def exists(region: str) -> bool:
        arn = Location(partition_of(region) or "aws", region, account.id).arn("sns", names[region])
        account.client("sns", region).get_topic_attributes(TopicArn=arn)
        return True  # otherwise AWS answers with an error

    answers = run_in_parallel(exists, list(names), _TIMEOUT)
    return frozenset(region for region, answer in answers if answer is True)
