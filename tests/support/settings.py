"""What the tests of the settings share: reading a file of them, and the errors of it."""

from pathlib import Path

import pytest

from reprieve.settings.errors import SettingsError
from reprieve.settings.loader import load

ROOT = Path(__file__).parents[2]
GOOD = '[notify]\nemails = ["security@example.com"]\n'
ROLE = "arn:aws:iam::111122223333:role/reprieve-automation"


def read(folder, toml=GOOD, **environ):
    """Load settings from a file of this text (None: no file) and these environment variables."""
    if toml is not None:
        (folder / "reprieve.toml").write_text(toml, encoding="utf-8")
    return load(environ, folder)


def errors(folder, toml=GOOD, **environ):
    """Return the errors that loading these settings reports."""
    with pytest.raises(SettingsError) as caught:
        read(folder, toml, **environ)
    return caught.value.errors


def rules(folder, toml=GOOD, **environ):
    """Return each error as (key, rule)."""
    return [(error.key, error.rule) for error in errors(folder, toml, **environ)]
