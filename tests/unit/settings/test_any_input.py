"""Any input is either valid or leads to a SettingsError, never to another exception."""

import json
import string

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from reprieve.settings.errors import SettingError, SettingsError
from reprieve.settings.loader import load
from reprieve.settings.schema import TABLES, Settings
from tests.support.settings import GOOD, ROLE

pytestmark = pytest.mark.slow

SCALARS = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(),
    st.none(),
    st.text(max_size=8),
    st.sampled_from(["eu-west-1", "cn-north-1", "all", "default", "a@example.com", ROLE]),
)


VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4), st.dictionaries(st.text(), SCALARS))


NAMES = st.sampled_from([*TABLES, *(key for keys in TABLES.values() for key in keys), "list", "x"])


TEXTS = st.text(alphabet=string.printable + "é\u2028\x00\udcff", max_size=40)


# Each example writes the file in the test's folder again.
ONE_FOLDER = hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def loads_or_reports_errors(folder, environ):
    """Fail if load raises anything but SettingsError, or an error without a text."""
    watched: tuple[str, ...]
    found: tuple[SettingError, ...]
    try:
        watched, found = load(environ, folder).accounts[0].regions.watched, ()
    except SettingsError as error:
        watched, found = (), error.errors
        str(error).encode()
    assert bool(watched) != bool(found)
    assert all(error.key and error.rule and error.hint for error in found)


@ONE_FOLDER
@given(content=st.one_of(st.binary(max_size=60), TEXTS.map(lambda t: t.encode("utf-8", "replace"))))
def test_any_file_loads_or_is_refused(tmp_path, content):
    """No content of a file leads to a traceback."""
    (tmp_path / "reprieve.toml").write_bytes(content)
    loads_or_reports_errors(tmp_path, {})


@given(values=st.dictionaries(NAMES, st.one_of(VALUES, st.dictionaries(NAMES, VALUES))))
def test_any_values_are_accepted_or_refused(values):
    """Invalid values only lead to pydantic's error with Reprieve's rules."""
    try:
        watched, kinds = Settings(**values).regions.watched, set()
    except ValidationError as error:
        watched, kinds = (), {each["type"] for each in error.errors()}
    assert (bool(watched), kinds) in [(True, set()), (False, {"reprieve"})]


def toml(value):
    """Return a value as TOML; None as an empty table."""
    if isinstance(value, dict):
        return (
            f"{{{', '.join(f'{json.dumps(key)} = {toml(each)}' for key, each in value.items())}}}"
        )
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return "{}" if value is None else json.dumps(value)


TABLES_OF_ACCOUNT = st.dictionaries(
    st.one_of(NAMES, st.sampled_from(list(TABLES["account"]))),
    st.one_of(VALUES, st.dictionaries(NAMES, VALUES)),
)


@ONE_FOLDER
@given(accounts=st.one_of(VALUES, st.dictionaries(st.text(max_size=5), TABLES_OF_ACCOUNT)))
@example(accounts={"a": {"id": "111122223333", "notify": {"emails": ["a@example.com"]}}})
def test_any_tables_of_accounts_load_or_are_refused(tmp_path, accounts):
    """No form of them leads to a traceback."""
    (tmp_path / "reprieve.toml").write_text(f"accounts = {toml(accounts)}\n{GOOD}")
    loads_or_reports_errors(tmp_path, {})


@ONE_FOLDER
@given(
    environ=st.dictionaries(
        st.sampled_from(
            ["REPRIEVE_SETTINGS", "REPRIEVE_X"]
            + [f"REPRIEVE_{table}__{key}".upper() for table, keys in TABLES.items() for key in keys]
        ),
        st.one_of(TEXTS, TEXTS.map(lambda text: f"[{text}]")),
    )
)
@example(environ={"REPRIEVE_REGIONS__WATCH": "\udcff"})
def test_any_environment_loads_or_is_refused(tmp_path, environ):
    """No value of a variable leads to a traceback."""
    (tmp_path / "reprieve.toml").write_text(GOOD)
    loads_or_reports_errors(tmp_path, environ)
