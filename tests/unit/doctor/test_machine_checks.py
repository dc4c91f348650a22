"""Whether cdktf is installed, in the version of package.json."""

import json

from reprieve.doctor.machine_checks import cdktf_check


def test_cdktf_is_installed_in_the_version_that_is_declared(tmp_path):
    """Missing, outdated, and as it should be."""
    hint = f"Run `make setup` in {tmp_path}: it installs cdktf."
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"cdktf-cli": "0.21.0"}}))
    assert cdktf_check(tmp_path).report == f"cdktf is not installed. {hint}"
    installed = tmp_path / "node_modules/cdktf-cli/package.json"
    installed.parent.mkdir(parents=True)
    installed.write_text(json.dumps({"version": "0.20.0"}))
    assert cdktf_check(tmp_path).report == (
        f"cdktf is 0.20.0, and package.json says 0.21.0. {hint}"
    )
    installed.write_text(json.dumps({"version": "0.21.0"}))
    assert cdktf_check(tmp_path).found == f"0.21.0 ({tmp_path / 'node_modules'})"
    installed.write_text("{")
    assert cdktf_check(tmp_path).hint == hint
