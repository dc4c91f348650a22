"""S3 in the sandbox, as far as Terraform's lock needs it."""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from botocore.exceptions import ClientError

REGION = "eu-west-1"
BUCKET = "reprieve-state"
RUNS = 8


@pytest.fixture
def s3(sandbox):
    """Return a client, and a bucket is there."""
    client = sandbox.client("s3", REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


def put_if_absent(client, key, body):
    """Write an object that must not be there yet; return S3's error code, None if it was not."""
    try:
        client.put_object(Bucket=BUCKET, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as refusal:
        return refusal.response["Error"]["Code"]
    return None


def test_an_object_that_is_there_is_not_overwritten(s3):
    """A lock that is held stays its holder's; one that is given back can be taken."""
    assert put_if_absent(s3, "lock", b"first") is None
    assert put_if_absent(s3, "lock", b"second") == "PreconditionFailed"
    assert s3.get_object(Bucket=BUCKET, Key="lock")["Body"].read() == b"first"
    s3.delete_object(Bucket=BUCKET, Key="lock")
    assert put_if_absent(s3, "lock", b"second") is None


def test_of_many_at_the_same_time_one_gets_through(s3, sandbox):
    """Whatever the threads of the server do; each round is a lock of its own."""
    clients = [sandbox.client("s3", REGION) for _ in range(RUNS)]
    barrier = Barrier(RUNS)

    def take(client, key):
        barrier.wait()
        return put_if_absent(client, key, b"mine")

    former = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(RUNS) as threads:
            rounds = [
                sorted(map(str, threads.map(take, clients, [f"lock-{n}"] * RUNS)))
                for n in range(30)
            ]
    finally:
        sys.setswitchinterval(former)
    assert rounds == [["None"] + ["PreconditionFailed"] * (RUNS - 1)] * 30
