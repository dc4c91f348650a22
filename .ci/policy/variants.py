"""Synthesise the settings that a policy scan looks at, each to build/policy/NAME/.

Together they make every type of resource, and every IAM policy, that there is. The one called
`settings` is reprieve.toml, or the example where there is none, with the environment; the others
know neither. The policies of the operator's commands are written to build/policy/COMMAND.json.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from reprieve.aws.permissions import COMMANDS, policy_for
from reprieve.settings.loader import load
from reprieve.settings.sources import DEFAULT_FILE, EXAMPLE_FILE, FILE_VARIABLE
from stacks.account import add_account
from stacks.cdk import App

PROJECT = Path(__file__).resolve().parents[2]
OUTPUT = PROJECT / "build" / "policy"
ONE_REGION = {
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
    "REPRIEVE_REGIONS__WATCH": "eu-west-1",
}
VARIANTS: Mapping[str, Mapping[str, str]] = {
    "plain": {},
    "alerts-only": {"REPRIEVE_REMEDIATION__ENABLED": "false"},
    "amazons-runbook": {
        "REPRIEVE_REMEDIATION__RUNBOOK": "aws",
        "REPRIEVE_PATROL__ENABLED": "false",
    },
    "large-account": {
        "REPRIEVE_REMEDIATION__ADAPTIVE_CONCURRENCY": "true",
        "REPRIEVE_RELIABILITY__ALARM_EMAILS": "oncall@example.com",
        "REPRIEVE_EXEMPT__DEPLOYERS": "arn:aws:iam::111122223333:role/Deployer",
    },
    "own-key": {
        "REPRIEVE_NOTIFY__ENCRYPTION": "own",
        "REPRIEVE_NOTIFY__STRICT_TOPIC_POLICY": "true",
        "REPRIEVE_REMEDIATION__RE_ENABLE": "true",
        "REPRIEVE_REMEDIATION__ENABLE_DISABLED": "true",
    },
    "given-key": {
        "REPRIEVE_NOTIFY__ENCRYPTION": "arn:aws:kms:eu-west-1:111122223333:key/"
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "REPRIEVE_EXEMPT__PRINCIPALS": "arn:aws:iam::111122223333:role/KeyAdministrator",
    },
}


def synthesise(output: Path, name: str, environment: Mapping[str, str], directory: Path) -> None:
    """Write the stacks of some settings to `output`/`name`/stacks/."""
    app = App(outdir=str(output / name), stack_traces=False)
    for settings in load(environment, directory).accounts:
        add_account(app, settings)
    app.synth()


def main() -> None:
    """Synthesise all of them."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    own = (PROJECT / DEFAULT_FILE).is_file() or FILE_VARIABLE in os.environ
    settings = {} if own else {FILE_VARIABLE: EXAMPLE_FILE}
    synthesise(OUTPUT, "settings", os.environ | settings, PROJECT)
    for name, said in VARIANTS.items():
        synthesise(OUTPUT, name, ONE_REGION | dict(said), OUTPUT)
    for command in COMMANDS:
        policy = json.dumps(policy_for(command, load(ONE_REGION, OUTPUT).only))
        (OUTPUT / f"{command.replace(' ', '')}.json").write_text(policy)


if __name__ == "__main__":
    main()
