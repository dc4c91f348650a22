"""The policy of a bucket: the sandbox counts as if it had TLS."""

import json

import pytest
from botocore.exceptions import ClientError

REGION = "us-east-1"
WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}


def put(sandbox, **statement):
    """Put an object into a bucket whose policy denies everything, under a condition."""
    s3 = sandbox.client("s3", REGION)
    s3.create_bucket(Bucket="templates")
    resource = ["arn:aws:s3:::templates", "arn:aws:s3:::templates/*"]
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": [{**denied, **statement}]}
    s3.put_bucket_policy(Bucket="templates", Policy=json.dumps(policy))
    s3.put_object(Bucket="templates", Key="x", Body=b"{}")
    return s3.get_object(Bucket="templates", Key="x")["Body"].read()


def test_a_bucket_that_demands_tls_takes_objects(sandbox):
    """As it does over TLS in AWS."""
    assert put(sandbox, Condition=WITHOUT_TLS) == b"{}"


def test_any_other_denial_stays(sandbox):
    """The sandbox ignores only what it stands for."""
    with pytest.raises(ClientError, match="Forbidden"):
        put(sandbox)
