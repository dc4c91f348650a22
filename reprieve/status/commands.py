"""Commands of the AWS CLI in hints: complete, so that they can be copied."""

import shlex

from reprieve.text import printable


def aws_command(region: str, service: str, call: str, *options: str) -> str:
    """Return a command in backquotes: `aws sns delete-topic --region eu-west-1 ...`.

    `options` may be anything: the creator of a resource chose its name. Each is quoted for a shell.
    """
    words = ["aws", service, call, "--region", region, *options]
    return f"`{' '.join(shlex.quote(printable(each)) for each in words)}`"
