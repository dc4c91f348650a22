"""The table `[state]`: the keys of each backend, required and refused."""

import re

import pytest

from reprieve.settings.sources import EXAMPLE_FILE
from reprieve.settings.state import BACKENDS, StateSettings
from tests.support.settings import GOOD, ROOT, read, rules

KEY = "1234abcd-12ab-34cd-a6ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY}"
ROLE = "arn:aws:iam::111122223333:role/teams/security/reprieve-state"
S3 = {
    "backend": "s3",
    "bucket": "reprieve-state-111122223333",
    "key": "reprieve/production.tfstate",
    "region": "eu-west-1",
    "kms_key_id": KEY_ARN,
    "role_arn": ROLE,
}
HCP = {
    "backend": "hcp",
    "organization": "example",
    "workspace": "reprieve-production",
    "project": "Security tools",
    "hostname": "terraform.example.com:8443",
}


def state(**keys: str) -> str:
    """Return a file with these keys under [state]."""
    return "\n".join([GOOD, "[state]", *(f'{key} = "{text}"' for key, text in keys.items())])


def state_rules(folder, **keys: str) -> list[tuple[str, str]]:
    """Return key and rule of each error in these keys."""
    return [(place.removeprefix("state."), rule) for place, rule in rules(folder, state(**keys))]


def test_the_state_is_local_by_default(tmp_path):
    """Without any key under [state]."""
    assert read(tmp_path).state == StateSettings(backend="local")


@pytest.mark.parametrize("keys", [S3, HCP], ids=["s3", "hcp"])
def test_every_key_of_a_backend_is_read(tmp_path, keys):
    """From the file and from the environment."""
    variables = {f"REPRIEVE_STATE__{key.upper()}": text for key, text in keys.items()}
    assert read(tmp_path, state(**keys)).state == StateSettings(**keys)
    assert read(tmp_path, **variables).state == StateSettings(**keys)


def test_every_key_belongs_to_exactly_one_backend():
    """A key without a backend would be refused with every backend."""
    of_backends = [key for keys in BACKENDS.values() for key in keys]
    assert sorted([*of_backends, "backend", "split"]) == sorted(StateSettings.model_fields)


def test_the_examples_in_the_file_are_valid(tmp_path):
    """Those of each backend, without their comment signs."""
    _, _, table = (ROOT / EXAMPLE_FILE).read_text(encoding="utf-8").partition("[state]\n")
    examples = dict(re.findall(r'^# (\w+) = "(.*)"$', table.partition("[[watch]]")[0], re.M))
    for backend in ("s3", "hcp"):
        keys = {key: examples[key] for key in BACKENDS[backend]}
        settings = read(tmp_path, state(backend=backend, **keys))
        assert settings.state == StateSettings(backend=backend, **keys)


@pytest.mark.parametrize(
    ("backend", "missing"),
    [("s3", ["bucket", "region"]), ("hcp", ["organization"]), ("local", [])],
)
def test_all_missing_keys_of_a_backend_are_reported(tmp_path, backend, missing):
    """The error names the backend that requires them."""
    if not missing:
        assert read(tmp_path, state(backend=backend)).state.backend == backend
        return
    expected = [(key, f'is required with state.backend = "{backend}"') for key in missing]
    assert state_rules(tmp_path, backend=backend) == expected


@pytest.mark.parametrize(("backend", "other"), [("local", S3), ("s3", HCP), ("hcp", S3)])
def test_keys_of_another_backend_are_refused(tmp_path, backend, other):
    """They would have no effect, and nobody would notice."""
    own = {"s3": S3, "hcp": HCP, "local": {}}[backend]
    foreign = [key for key in other if key != "backend"]
    expected = [
        (key, f'belongs to the backend "{other["backend"]}", but state.backend is "{backend}"')
        for key in foreign
    ]
    assert state_rules(tmp_path, **{**other, **own, "backend": backend}) == expected


@pytest.mark.parametrize("keys", [S3, HCP], ids=["s3", "hcp"])
def test_the_environment_can_override_the_backend_of_the_file(tmp_path, keys):
    """The keys of the file's backend are then ignored; unknown keys are still errors."""
    toml = state(**keys)
    assert read(tmp_path, toml, REPRIEVE_STATE__BACKEND="local").state == StateSettings()
    toml += '\nbuckt = "reprieve"\n'
    assert rules(tmp_path, toml, REPRIEVE_STATE__BACKEND="local") == [
        ("state.buckt", "is not a setting")
    ]


def test_variables_of_another_backend_are_refused(tmp_path):
    """The user can unset them."""
    variables = {"REPRIEVE_STATE__BACKEND": "local", "REPRIEVE_STATE__BUCKET": "reprieve-state"}
    found = rules(tmp_path, state(**HCP), **variables)
    assert found == [("state.bucket", 'belongs to the backend "s3", but state.backend is "local"')]


def test_the_error_of_a_key_without_a_backend_names_its_backend(tmp_path):
    """A bucket alone does not move the state there."""
    toml = GOOD + '[state]\nbucket = "reprieve-state"\n'
    assert rules(tmp_path, toml) == [
        ("state.bucket", 'belongs to the backend "s3", but state.backend is "local"')
    ]


@pytest.mark.parametrize(
    ("key", "text", "rule"),
    [
        ("backend", "S3", "is not a backend that Reprieve supports"),
        ("bucket", "ab", "has 2 characters, not 3 to 63"),
        ("bucket", "a" * 64, "has 64 characters, not 3 to 63"),
        ("bucket", "Reprieve", "is not the name of a bucket"),
        ("bucket", "re_prieve", "is not the name of a bucket"),
        ("bucket", "-reprieve", "is not the name of a bucket"),
        ("bucket", "reprieve-", "is not the name of a bucket"),
        ("bucket", "re..prieve", "is not the name of a bucket"),
        ("bucket", "192.168.5.4", "is not the name of a bucket"),
        ("bucket", "xn--reprieve", 'has "xn--", which S3 does not allow'),
        ("bucket", "reprieve--x-s3", 'has "--x-s3", which S3 does not allow'),
        ("bucket", "arn:aws:s3:::reprieve", "is not only the name of a bucket"),
        ("bucket", "s3://reprieve/", "is not only the name of a bucket"),
        ("bucket", " reprieve", "begins or ends with a space"),
        ("key", "/reprieve.tfstate", "is not a path of up to 1,000 letters"),
        ("key", "reprieve/", "is not a path of up to 1,000 letters"),
        ("key", "a//b", "is not a path of up to 1,000 letters"),
        ("key", "${terraform.workspace}", "is not a path of up to 1,000 letters"),
        ("key", "k" * 1001, "is not a path of up to 1,000 letters"),
        ("region", "eu-wst-1", "is not a Region that"),
        ("region", "cn-north-1", "is in the partition aws-cn; the Regions to watch are in aws"),
        ("kms_key_id", "alias/state", "is an alias"),
        (
            "kms_key_id",
            KEY_ARN.replace("eu-west-1", "eu-west-2"),
            "is in eu-west-2; the bucket is in eu-west-1",
        ),
        ("kms_key_id", KEY_ARN.replace(":aws:", ":aws-cn:"), "is in the partition aws-cn; the"),
        ("role_arn", "reprieve-state", "is not the ARN of an IAM role"),
        ("role_arn", ROLE.replace(":role/", ":user/"), "is not the ARN of an IAM role"),
        ("role_arn", ROLE.replace(":aws:", ":aws-cn:"), "is in the partition aws-cn; the"),
    ],
)
def test_values_that_s3_refuses_are_refused(tmp_path, key, text, rule):
    """One error each."""
    ((place, found),) = state_rules(tmp_path, **S3 | {key: text})
    assert (place, found[: len(rule)]) == (key, rule)


@pytest.mark.parametrize(
    ("key", "text", "rule"),
    [
        ("organization", "my org", "is not 1 to 90 letters"),
        ("workspace", "reprieve.production", "is not 1 to 90 letters"),
        ("workspace", "w" * 91, "is not 1 to 90 letters"),
        ("project", "ab", "is not 3 to 40 letters"),
        ("project", "p" * 41, "is not 3 to 40 letters"),
        ("project", "prj/x", "is not 3 to 40 letters"),
        ("hostname", "https://terraform.example.com/app", "is not the name of a host"),
        ("hostname", "terraform.example.com:0", "has a port that is not 1 to 65,535"),
        ("hostname", "terraform.example.com:99999", "has a port that is not 1 to 65,535"),
        ("hostname", f"{'a.' * 127}com", "is longer than 253 characters"),
        ("hostname", "-a.example.com", "is not the name of a host"),
    ],
)
def test_values_that_hcp_terraform_refuses_are_refused(tmp_path, key, text, rule):
    """One error each."""
    ((place, found),) = state_rules(tmp_path, **HCP | {key: text})
    assert (place, found[: len(rule)]) == (key, rule)


def test_a_token_is_not_a_setting(tmp_path):
    """A credential in the file would end up in the synthesised JSON, and in git."""
    assert state_rules(tmp_path, **HCP | {"token": "hidden"}) == [("token", "is not a setting")]


def test_an_unknown_backend_is_the_only_error(tmp_path):
    """Its keys have no errors of their own."""
    toml = state(**S3 | {"backend": "S3"})
    assert rules(tmp_path, toml) == [("state.backend", "is not a backend that Reprieve supports")]


def test_the_state_must_be_in_the_partition_of_the_regions(tmp_path):
    """If the Regions have errors, only these are reported."""
    chinese = {"backend": "s3", "bucket": "reprieve-state", "region": "cn-north-1"}
    toml = state(**chinese) + '\n[regions]\nhome = "cn-north-1"\n'
    assert read(tmp_path, toml).state.region == "cn-north-1"
    toml = state(**chinese) + '\n[regions]\nwatch = ["eu-wst-1"]\n'
    assert [place for place, _ in rules(tmp_path, toml)] == ["regions.watch[0]"]


@pytest.mark.parametrize("value", ["5", "[]", "{}", "true"])
@pytest.mark.parametrize("key", sorted(StateSettings.model_fields))
def test_a_value_of_another_type_is_refused(tmp_path, key, value):
    """For every key, and for every type."""
    keys = (S3 if key in S3 else HCP) | {key: ""}
    toml = state(**keys).replace(f'\n{key} = ""', f"\n{key} = {value}")
    assert (f"state.{key}", "is not text") in rules(tmp_path, toml)
