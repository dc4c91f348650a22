"""The change of cdktf-cli that lets it wait for terraform after an interrupt."""

import pytest

from tools.cdktf_interrupt import patched

MACHINE = (
    'running:{on:{EXITED:"exited",STOP:"stopped"},states:{processing:{on:{VARIABLE_MISSING:'
    '{actions:(0,Gd.send)({type:"EXITED",exitCode:1})}}}}}'
)


def test_an_interrupt_no_longer_ends_the_machine():
    """It sends Ctrl-C to the terminal of terraform, with the bundle's name of `send`."""
    changed = patched(MACHINE)
    assert changed == MACHINE.replace(
        'STOP:"stopped"',
        'STOP:{actions:(0,Gd.send)({type:"SEND_LINE",input:"\\x03"},{to:"pty"})}',
    )
    assert patched(changed) == changed


@pytest.mark.parametrize(
    "source", ["", MACHINE.replace("stopped", "ended"), MACHINE + MACHINE, MACHINE[:40] * 2]
)
def test_another_cdktf_is_not_changed(source):
    """`make setup` then fails, and says what to look at."""
    with pytest.raises(ValueError, match="not as expected"):
        patched(source)
