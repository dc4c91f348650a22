"""Load settings in tests, and list their errors."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from reprieve.settings.errors import SettingsError
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings

ROOT = Path(__file__).parents[2]
GOOD = '[notify]\nemails = ["security@example.com"]\n'
ROLE = "arn:aws:iam::111122223333:role/KeyRescue"


def load_one(environ: Mapping[str, str] = os.environ, directory: Path = Path(".")) -> Settings:
    """Return the settings of the only account."""
    return load(environ, directory).only


def read(folder, toml=GOOD, **environ):
    """Return the settings in this file (None: no file) and these environment variables."""
    if toml is not None:
        (folder / "reprieve.toml").write_text(toml, encoding="utf-8")
    return load_one(environ, folder)


def accepts(folder, toml):
    """Return whether settings of any number of accounts are valid; if not, raise their errors."""
    (folder / "reprieve.toml").write_text(toml, encoding="utf-8")
    return bool(load({}, folder).accounts)


def errors(folder, toml=GOOD, **environ):
    """Return the errors in these settings."""
    with pytest.raises(SettingsError) as caught:
        read(folder, toml, **environ)
    return caught.value.errors


def rules(folder, toml=GOOD, **environ):
    """Return the key and the rule of each error in these settings."""
    return [(error.key, error.rule) for error in errors(folder, toml, **environ)]
