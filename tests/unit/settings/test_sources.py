"""The sources: the file, the environment, and which one overrides the other."""

from reprieve.settings.schema import Settings
from tests.support.settings import GOOD, ROLE, errors, load_one, read


def test_every_key_can_come_from_the_file(tmp_path):
    """A file may say everything."""
    settings = read(
        tmp_path,
        '[notify]\nemails = ["a@example.com", "b@example.com"]\ntopic_name = "keys"\n'
        f'[remediation]\nenabled = true\nautomation_role_arn = "{ROLE}"\n'
        '[regions]\nwatch = ["eu-west-2", "eu-west-1", "us-east-1"]\nexclude = ["us-east-1"]\n'
        'home = "eu-central-1"\n',
    )
    assert settings.notify.emails == ("a@example.com", "b@example.com")
    assert settings.notify.topic_name == "keys"
    assert settings.remediation.enabled is True
    assert settings.remediation.automation_role_arn == ROLE
    assert settings.regions.watched == ("eu-west-1", "eu-west-2")
    assert settings.regions.home == "eu-central-1"


def test_every_key_can_come_from_the_environment(tmp_path):
    """No file is required."""
    settings = read(
        tmp_path,
        None,
        REPRIEVE_NOTIFY__EMAILS="a@example.com,b@example.com",
        REPRIEVE_NOTIFY__TOPIC_NAME="keys",
        REPRIEVE_REMEDIATION__ENABLED="true",
        REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN=ROLE,
        REPRIEVE_REGIONS__WATCH='["eu-west-2", "eu-west-1"]',
        REPRIEVE_REGIONS__EXCLUDE="eu-west-2",
        REPRIEVE_REGIONS__HOME="eu-central-1",
    )
    assert settings.notify.emails == ("a@example.com", "b@example.com")
    assert settings.notify.topic_name == "keys"
    assert settings.remediation.enabled is True
    assert settings.remediation.automation_role_arn == ROLE
    assert settings.regions.watched == ("eu-west-1",)
    assert settings.regions.home == "eu-central-1"


def test_the_environment_overrides_a_key_and_not_its_table(tmp_path):
    """The other keys of the table keep their values."""
    settings = read(tmp_path, GOOD + 'topic_name = "keys"\n', REPRIEVE_NOTIFY__TOPIC_NAME="other")
    assert settings.notify.topic_name == "other"
    assert settings.notify.emails == ("security@example.com",)


def test_an_empty_variable_empties_a_list(tmp_path):
    """Then no Region is excluded any more."""
    toml = GOOD + '[regions]\nexclude = ["eu-west-1"]\n'
    assert "eu-west-1" not in read(tmp_path, toml).regions.watched
    assert "eu-west-1" in read(tmp_path, toml, REPRIEVE_REGIONS__EXCLUDE="").regions.watched


def test_a_variable_names_another_file(tmp_path):
    """REPRIEVE_SETTINGS replaces reprieve.toml."""
    (tmp_path / "other.toml").write_text('[notify]\nemails = ["other@example.com"]\n')
    settings = read(tmp_path, GOOD, REPRIEVE_SETTINGS="other.toml")
    assert settings.notify.emails == ("other@example.com",)


def test_load_reads_the_current_directory_and_the_process_environment(tmp_path, monkeypatch):
    """By default. Settings() reads neither."""
    (tmp_path / "reprieve.toml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REPRIEVE_NOTIFY__TOPIC_NAME", "other")
    assert load_one().notify.topic_name == "other"
    assert Settings(notify={"emails": ["a@example.com"]}).notify.topic_name == "reprieve-alerts"


def test_reserved_and_foreign_variables_are_ignored(tmp_path):
    """The switch of the bindings and the variables of other programs are not settings."""
    environ = {"REPRIEVE_STOCK_BINDINGS": "1", "REPRIEVEMENT": "1", "PATH": "/bin"}
    assert read(tmp_path, **environ) == read(tmp_path)


def test_a_single_region_in_a_variable_is_a_list(tmp_path):
    """It needs no brackets. The hint for a misspelt one shows brackets."""
    assert read(tmp_path, REPRIEVE_REGIONS__WATCH="eu-west-1").regions.watched == ("eu-west-1",)
    found = errors(tmp_path, REPRIEVE_REGIONS__WATCH="eu-wst-1")
    assert [f.hint for f in found] == ['write ["eu-west-1"]']


def test_a_byte_order_mark_is_accepted(tmp_path):
    """Editors on Windows write one, and TOML allows it."""
    assert read(tmp_path, "\ufeff" + GOOD) == read(tmp_path, GOOD)
