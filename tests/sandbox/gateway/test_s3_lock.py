"""S3's conditional writes, which Terraform's lock uses."""

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
    """Return an S3 client, after the bucket was created."""
    client = sandbox.client("s3", REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


def put_if_absent(client, key, body):
    """Write an object that must not exist yet. Return S3's error code, or None on success."""
    try:
        client.put_object(Bucket=BUCKET, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as refusal:
        return refusal.response["Error"]["Code"]
    return None


def test_a_conditional_write_does_not_overwrite_an_object(s3):
    """A held lock stays with its holder. A released lock can be acquired."""
    assert put_if_absent(s3, "lock", b"first") is None
    assert put_if_absent(s3, "lock", b"second") == "PreconditionFailed"
    assert s3.get_object(Bucket=BUCKET, Key="lock")["Body"].read() == b"first"
    s3.delete_object(Bucket=BUCKET, Key="lock")
    assert put_if_absent(s3, "lock", b"second") is None


def test_only_one_of_several_simultaneous_writes_succeeds(s3, sandbox):
    """Each round uses a lock of its own. Threads switch as often as possible."""
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
