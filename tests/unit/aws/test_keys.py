"""Which keys of a Region are the customer's."""

from unittest.mock import Mock

from reprieve.aws.keys import CustomerKey, customer_keys

PAGES = {
    "list_aliases": [
        {"Aliases": [{"AliasName": "alias/aws/s3", "TargetKeyId": "1"}]},
        {
            "Aliases": [
                {"AliasName": "alias/aws/ebs"},  # AWS has not created its key yet
                {"AliasName": "alias/orders", "TargetKeyId": "2"},
                {"AliasName": "alias/invoices", "TargetKeyId": "2"},
            ]
        },
    ],
    "list_keys": [
        {"Keys": [{"KeyId": "1", "KeyArn": "arn:1"}, {"KeyId": "2", "KeyArn": "arn:2"}]},
        {"Keys": [{"KeyId": "3", "KeyArn": "arn:3"}]},
    ],
}


def test_customer_keys_are_all_keys_without_an_alias_of_aws():
    """Of every page, with their aliases."""
    account = Mock()
    kms = account.client.return_value
    kms.get_paginator.side_effect = lambda name: Mock(paginate=lambda: PAGES[name])
    assert customer_keys(account, "eu-west-1") == [
        CustomerKey("arn:2", ("alias/orders", "alias/invoices")),
        CustomerKey("arn:3", ()),
    ]
    account.client.assert_called_once_with("kms", "eu-west-1")
