"""How `reprieve doctor` counts what failed."""

import pytest

from reprieve.cli.views.doctor import show
from reprieve.doctor.doctor import NOT_CHECKED, Diagnosis
from reprieve.environment.check import Check
from tests.unit.cli.views.printing import printed

FAILED = Check("Credentials", "There are none.", "Provide credentials.")
UNCHECKED = Check("Trail", NOT_CHECKED, "Provide credentials first.")


@pytest.mark.parametrize(
    ("failed", "unchecked", "sentence"),
    [
        (1, 0, "1 check failed."),
        (1, 1, "1 check failed. 1 depends on it."),
        (1, 3, "1 check failed. 3 depend on it."),
        (2, 1, "2 checks failed. 1 depends on them."),
        (5, 4, "5 checks failed. 4 depend on them."),
    ],
)
def test_the_last_line_counts(failed, unchecked, sentence):
    """In singular and plural."""
    found = Diagnosis((FAILED,) * failed + (UNCHECKED,) * unchecked, (), settings_valid=True)
    assert printed(lambda out: show(found, out), None).splitlines()[-1] == sentence
