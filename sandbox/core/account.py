"""The AWS account that the sandbox simulates."""

import os

ACCOUNT_ID = "111122223333"

# moto reads this on every request, for any access key.
os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
