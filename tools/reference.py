"""Generate the tables of the reference pages, and the schema of messages: `make docs`."""

import json
import types
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from reprieve.aws.permissions import COMMANDS, EXTENDS, policy_for
from reprieve.errors import ExitCode
from reprieve.events.severity import Severity
from reprieve.events.threats import CATALOGUE, DEFAULTS
from reprieve.messages.schema import json_schema
from reprieve.settings.schema import LISTS, TABLES, NotifySettings, Settings
from tools.duration_table import ACCOUNTS as DEPLOYED_ACCOUNTS
from tools.duration_table import duration_rows
from tools.guard_table import guard_rows
from tools.limits_table import limit_rows
from tools.memory_table import agent_rows, memory_rows
from tools.organization_table import ACCOUNTS, organization_rows
from tools.renderings import attribute_rows, only_rows, type_rows
from tools.rollout_table import rollout_rows, status_rows
from tools.scale_table import ACCOUNTS as MANY_ACCOUNTS
from tools.scale_table import price_rows, scale_rows
from tools.version_table import version_rows

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
SCHEMA: Final = "alert-schema.json"
"""The JSON Schema of the machine form of messages, in docs/."""
_AWS = " AWS template: "


def settings_table() -> str:
    """Return a row for each setting: key, type, default, description, the AWS template's name."""
    rows = []
    for table, fields in TABLES.items():
        for key, field in fields.items():
            name = f"[[{table}]] {key}" if table in LISTS else f"{table}.{key}"
            what, _, aws = (field.description or "").partition(_AWS)
            aws = f"`{aws.rstrip('.')}`" if aws else ""
            kind = _kind(field.rebuild_annotation())
            rows.append([f"`{name}`", kind, _default(field), what, aws])
    return _table(["key", "type", "default", "what it is", "AWS template's parameter"], rows)


def threats_table() -> str:
    """Return a row for each threat: name, severity, whether it is on by default, its meaning."""
    rows = [
        [
            f"`{threat.name}`",
            threat.severity,
            "on" if threat.by_default else "off",
            f"{threat.summary[0].upper()}{threat.summary[1:]}. {threat.meaning}",
        ]
        for threat in CATALOGUE
    ]
    return _table(["threat", "severity", "by default", "what it is"], rows)


def permissions_table() -> str:
    """Return a row for each statement of each command's policy."""
    settings = Settings(notify=NotifySettings(emails=("security@example.com",)))
    rows = []
    seen: set[str] = set()
    for command in COMMANDS:
        for statement in policy_for(command, settings)["Statement"]:
            if str(statement) in seen and command in EXTENDS:
                continue  # the command that it extends already needs it
            seen.add(str(statement))
            actions = ", ".join(f"`{action}`" for action in statement["Action"])
            resources = ", ".join(f"`{arn}`" for arn in statement["Resource"])
            rows.append([f"`{command}`", actions, resources])
    return _table(["command", "actions", "resources"], rows)


def exit_codes_table() -> str:
    """Return a row for each exit code."""
    return _table(["exit code", "meaning"], [[str(code.value), code.meaning] for code in ExitCode])


def guard_table() -> str:
    """Return a row for each kind of resource of a Region."""
    return _table(["resource", "how many", "what for", "US$ a month"], guard_rows())


def organization_table() -> str:
    """Return a row for each way to guard an organization, with its price."""
    head = ["setting", "what for", "an account, US$ a month", "the one with the hub"]
    return _table([*head, f"{ACCOUNTS} accounts"], organization_rows())


def prices_table() -> str:
    """Return a row for each way to guard a thousand accounts with a stack set."""
    head = ["settings", "an account, US$ a month", f"{MANY_ACCOUNTS:,} accounts"]
    return _table(head, price_rows())


def scale_table() -> str:
    """Return a row for each figure of a thousand accounts, beside AWS's quota."""
    return _table(["what", "figure", "AWS's quota, or what follows"], scale_rows())


def rollout_table() -> str:
    """Return a row for each way to roll out."""
    head = ["settings of `[organization]`", "computed, hours", "simulated, hours", "how it ends"]
    return _table(head, rollout_rows())


def status_table() -> str:
    """Return a row for each measurement of `status --organization` in performance.json."""
    head = ["AWS allows", "accounts", "stacks", "calls", "throttled", "minutes", "peak, MB"]
    return _table(head, status_rows())


def memory_table() -> str:
    """Return a row for each deployment in performance.json: what its largest stack needs."""
    head = ["Regions", "`state.split`", "stacks", "first plan", "deployment", "later plan"]
    return _table([*head, "`GOGC=50`", "`GOGC=20`"], memory_rows())


def durations_table() -> str:
    """Return a row for each run of terraform in performance.json: minutes for many accounts."""
    numbers = [f"{each} account{'s' * (each > 1)}" for each in DEPLOYED_ACCOUNTS]
    return _table(["Regions", "minutes of", *numbers], duration_rows())


def agents_table() -> str:
    """Return a row for each choice of `state.split`, with the agent that it needs."""
    return _table(["Regions", "`state.split`", "a run needs", "choose"], agent_rows())


def limits_table() -> str:
    """Return a row for each limit of AWS."""
    return _table(["limit", "of", "how Reprieve keeps it"], limit_rows())


def versions_table() -> str:
    """Return a row for each version of Python and Node.js, with what `make test-versions` found."""
    head = ["version", "tested", "unit and synth tests", "`npx cdktf deploy`", "`npx cdktn deploy`"]
    return _table(head, version_rows())


def types_table() -> str:
    """Return a row for each type of resource, as Terraform and CloudFormation call it."""
    return _table(["Terraform", "CloudFormation"], type_rows())


def attributes_table() -> str:
    """Return a row for each attribute whose name or form differs between the two."""
    return _table(["Terraform", "CloudFormation", "the value"], attribute_rows())


def only_table() -> str:
    """Return a row for each attribute that only one of the two has."""
    return _table(["Terraform", "CloudFormation", "what it is"], only_rows())


TABLES_OF_DOCS: Final = {
    "architecture.md": {"guard": guard_table},
    "ci.md": {"durations": durations_table},
    "hcp-terraform.md": {"agents": agents_table},
    "operations.md": {"exit codes": exit_codes_table, "permissions": permissions_table},
    "organizations.md": {
        "costs": organization_table,
        "prices": prices_table,
        "scale": scale_table,
        "rollout": rollout_table,
        "organization": status_table,
    },
    "settings.md": {"settings": settings_table, "limits": limits_table},
    "state.md": {"memory": memory_table},
    "template.md": {"types": types_table, "attributes": attributes_table, "only": only_table},
    "threats.md": {"threats": threats_table},
    "versions.md": {"versions": versions_table},
}


def renewed(page: str) -> str:
    """Return a page of docs/ with its tables generated again.

    Raises:
        ValueError: The page lacks the marks of a table.
    """
    text = (DOCS / page).read_text(encoding="utf-8")
    for name, table in TABLES_OF_DOCS[page].items():
        begin, end = f"<!-- {name}: made by `make docs` -->\n", f"<!-- {name}: end -->\n"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"docs/{page} lacks the marks of its table {name}")
        text = f"{before}{begin}{table()}{end}{after}"
    return text


def schema_text() -> str:
    """Return docs/alert-schema.json."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Generate the tables in docs/ again, and the schema of messages."""
    (DOCS / SCHEMA).write_text(schema_text(), encoding="utf-8")
    print(f"docs/{SCHEMA}")
    for page in TABLES_OF_DOCS:
        (DOCS / page).write_text(renewed(page), encoding="utf-8")
        print(f"docs/{page}")


def _kind(annotation: Any) -> str:
    """Return the type of a setting in plain words."""
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if annotation is bool:
        return "true or false"
    if annotation is int:
        return "whole number"
    if annotation is str:
        return "text"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    if annotation is date:
        return "date"
    arguments = [each for each in get_args(annotation) if each is not types.NoneType]
    if get_origin(annotation) is Literal:
        return ", ".join(f'`"{each}"`' for each in arguments)
    if get_origin(annotation) is dict:
        return "table of text"
    if get_origin(annotation) is tuple:
        return "list of text"
    return " or ".join(map(_kind, arguments))


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    if field.default is PydanticUndefined:
        return "the home of the partition"
    if isinstance(field.default, BaseModel):
        return "`{}`"
    if field.default is None:
        return "none"
    if field.default == tuple(Severity):
        return "all"
    if field.default == DEFAULTS:
        return "those that are on by default"
    if field.default == {}:
        return "`{}`"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    if isinstance(field.default, int):
        return f"`{field.default}`"
    return "`[]`" if field.default == () else f'`"{field.default}"`'


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
