"""Lets cdktf wait for terraform after Ctrl-C or SIGTERM: `python3 tools/cdktf_interrupt.py`.

cdktf-cli 0.21.0, the last release, passes an interrupt on to terraform and exits in the same
moment. terraform runs on a pseudo-terminal of cdktf's. It gets SIGHUP when cdktf is gone, and dies
while it writes the state: a local state is then empty, a state in S3 stays locked.

`make setup` runs this after `npm ci`. It needs no package and changes one transition of cdktf's
state machine: an interrupt no longer ends it, but sends Ctrl-C to terraform; the machine ends when
terraform does.
"""

import re
import sys
from pathlib import Path

FILE = Path("node_modules/cdktf-cli/bundle/bin/cmds/handlers.js")

_ENDS_AT_ONCE = 'on:{EXITED:"exited",STOP:"stopped"}'
_WAITS = (
    'on:{{EXITED:"exited",STOP:{{actions:(0,{send})({{type:"SEND_LINE",input:"\\x03"}},'
    '{{to:"pty"}})}}}}'
)
# What the bundle calls the function `send` of xstate, as the same state machine uses it.
_SEND = re.compile(r'VARIABLE_MISSING:\{actions:\(0,([\w$.]+)\)\(\{type:"EXITED"')


def patched(source: str) -> str:
    """Return the source with the changed transition; unchanged if it has it already.

    Raises:
        ValueError: the source does not have exactly one such transition.
    """
    send = _SEND.findall(source)
    if len(send) != 1:
        raise ValueError("cdktf's state machine of a deployment is not as expected")
    waits = _WAITS.format(send=send[0])
    if waits in source:
        return source
    if source.count(_ENDS_AT_ONCE) != 1:
        raise ValueError("cdktf's transition of an interrupt is not as expected")
    return source.replace(_ENDS_AT_ONCE, waits)


def main() -> None:
    """Patch the installed cdktf."""
    try:
        FILE.write_text(patched(FILE.read_text(encoding="utf-8")), encoding="utf-8")
    except (OSError, ValueError) as error:
        sys.exit(
            f"{FILE}: {error}. Is it another version of cdktf-cli? Interrupt a deployment of it "
            "and look at the state: change or remove tools/cdktf_interrupt.py."
        )


if __name__ == "__main__":
    main()
