"""AWS on loopback: a moto server plus the few parts that moto lacks.

What the sandbox cannot do it refuses loudly (`SandboxCannot`); it never lets through what AWS
would refuse. It listens on 127.0.0.1 only, and there is one of it per process, because moto keeps
its state in module globals.
"""

import os

ACCOUNT_ID = "111122223333"

# moto reads this on every request, for any access key; set before anything imports moto.
os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID

from sandbox.deliveries import Delivery  # noqa: E402
from sandbox.executions import Execution, Step  # noqa: E402
from sandbox.server import Sandbox  # noqa: E402

__all__ = ["ACCOUNT_ID", "Delivery", "Execution", "Sandbox", "Step"]
