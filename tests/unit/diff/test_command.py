"""The command `reprieve diff`: its formats, its exit codes, and what it says of invalid input."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from reprieve.cli.main import app
from reprieve.diff.markdown_report import MAX_SIZE, markdown
from reprieve.diff.plan import ACCOUNT, created_topics, merge_plans
from reprieve.diff.review import Review
from reprieve.diff.text_report import Line, headline, laid_out
from reprieve.diff.weakenings import KINDS
from reprieve.regions import known_regions
from sandbox.deployment import PROJECT
from tests.unit.diff.plan_making import PLANS, edit, in_regions, plan_json, review, text

TOPIC = "arn:aws:sns:eu-west-1:111122223333:reprieve-json"


def run(*arguments, stdin=None):
    """Run the command."""
    return CliRunner().invoke(app, ["diff", *map(str, arguments)], input=stdin)


def file(name):
    """Return the path of a plan's JSON."""
    return PLANS / f"{name}.json"


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["settled"], 0),
        (["applied"], 0),
        (["errored"], 1),
        (["first"], 3),
        (["region-joins"], 3),
        (["encrypted"], 3),
        (["alarms-off"], 4),
        (["tampered"], 4),
        (["settled", "first"], 3),
        (["alarms-off", "first"], 4),
        (["alarms-off", "errored", "first"], 1),
    ],
)
@pytest.mark.parametrize("format", ["table", "markdown", "json", "csv"])
def test_the_exit_code_is_that_of_the_gravest_plan(names, code, format):
    """Whatever the format; a plan that failed above all."""
    result = run("--format", format, *map(file, names))
    assert result.exit_code == code
    assert result.stderr == ""


@pytest.mark.parametrize("format", ["table", "markdown", "json", "csv"])
@pytest.mark.parametrize("of", ["resource_changes", "resource_drift"])
def test_no_format_shows_the_token_of_a_url(format, of):
    """Comments have more readers than the settings. The hash tells two URLs apart."""
    token, url = "0123456789abcdef", "https://events.example.com/integration/"
    plan = plan_json("settled")
    before, after = (
        {"endpoint": f"{url}{end}", "protocol": "https", "topic_arn": TOPIC}
        for end in ("reprieve", token)
    )
    changes = [("delete", before, None), ("create", None, after), ("update", before, after)]
    for action, was, now in changes[2 if of == "resource_drift" else 0 :]:
        plan.setdefault(of, []).append(
            {
                "address": f"aws_sns_topic_subscription.{action}",
                "mode": "managed",
                "type": "aws_sns_topic_subscription",
                "name": action,
                "change": {"actions": [action], "before": was, "after": now},
            }
        )
    output = run("--format", format, "-", stdin=json.dumps(plan)).output
    assert token not in output
    assert "integration" not in output
    found = set(re.findall(r"https://events.example.com/… \(hash ([0-9a-f]{8})\)", output))
    only_subjects = (format, of) == ("csv", "resource_drift")
    assert len(found) == (1 if only_subjects else 2)


def test_outputs_alone_are_changes():
    """Terraform would apply them."""
    plan = plan_json("settled")
    plan["output_changes"]["rule_arns"] = {"actions": ["update"]}
    assert (review(plan).code, text(plan)) == (3, ["only outputs change: rule_arns"])


def test_a_plan_from_standard_input():
    """As `terraform show -json plan | reprieve diff -` gives it."""
    result = run("-", stdin=file("alarms-off").read_text())
    assert result.exit_code == 4
    assert result.stdout.startswith("14 deleted; protection is weakened in 1 way\n")


def test_several_plans_are_headed_by_their_names():
    """One alone is not."""
    result = run(file("settled"), file("alarms-off"))
    assert f"{file('settled')}: no changes" in result.stdout.splitlines()
    assert run(file("settled")).stdout.splitlines() == ["no changes"]


def test_text_says_what_weakens_first_and_is_plain_when_piped():
    """Then the changes; no colour, no wrapped line."""
    result = run(file("strict"))
    assert "\x1b" not in result.stdout
    lines = result.stdout.splitlines()
    assert lines.index("WEAKENS PROTECTION") < lines.index("CHANGES")
    (weak,) = (line for line in lines if line.startswith("  ! "))
    assert "statement EventBridgePublishes no longer allows events.amazonaws.com" in weak
    assert weak.endswith("[in both Regions]")
    assert "      policy.Statement[EventBridgePublishes].Condition: + {" in result.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("no", "is not JSON"),
        ("{}", "is JSON, but not a plan"),
        ('{"format_version": "2.0", "resource_changes": []}', "format version '2.0'"),
    ],
)
def test_an_input_that_is_not_a_plan_has_exit_code_2(tmp_path, content, words):
    """The message is on standard error, without a traceback. No other plan is printed."""
    invalid = tmp_path / "plan.json"
    invalid.write_text(content)
    result = run(file("first"), invalid)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_attributes_that_the_provider_does_not_write_are_an_error(tmp_path):
    """Without a traceback or half a report. They do not count as harmless."""

    def spoil(change):
        change["before"]["metric_query"] = [{"label": "has no id"}]

    path = tmp_path / "plan.json"
    path.write_text(
        json.dumps(edit(plan_json("encrypted"), "aws_cloudwatch_metric_alarm", "us-east-1", spoil))
    )
    result = run(path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "plan.json has attributes that are not as the AWS provider writes them" in result.stderr


def test_a_policy_nested_too_deeply_cannot_be_compared(tmp_path):
    """It counts as a weakening, without a traceback."""
    deep = '{"Statement": ' + "[" * 900 + "]" * 900 + "}"

    def spoil(change):
        change["after"]["policy"] = deep

    path = tmp_path / "plan.json"
    path.write_text(
        json.dumps(edit(plan_json("strict"), "aws_sns_topic_policy", "eu-west-1", spoil))
    )
    result = run(path)
    assert result.exit_code == 4
    assert "the policy cannot be compared" in result.stdout


def test_help_lists_the_exit_codes():
    """Each on a line of its own."""
    lines = [" ".join(line.split()) for line in run("--help").stdout.splitlines()]
    for start in ("0 no changes", "3 changes", "4 protection", "1 a plan", "2 the input"):
        assert any(line.startswith(start) for line in lines)


def test_an_unknown_format_has_exit_code_2():
    """Typer lists the known ones."""
    assert run("--format", "xml", file("first")).exit_code == 2


def test_json_has_the_fields_of_the_page():
    """Each change and weakening has its places and addresses."""
    found = json.loads(run("--format", "json", file("role-exempt")).stdout)
    (plan,) = found["plans"]
    assert (found["format"], found["exit_code"]) == (1, 4)
    assert plan["counts"] == {"create": 4, "update": 10, "replace": 2}
    assert plan["regions"]["staying"] == ["eu-west-1", "us-east-1"]
    (weak,) = plan["weakenings"]
    assert set(weak) == {"kind", "resource", "text", "places", "addresses"}
    assert (weak["kind"], len(weak["addresses"])) == ("pattern-narrowed", 2)
    rule = next(
        c for c in plan["changes"] if c["resource"] == "rule reprieve-key-deletion-scheduled"
    )
    assert (rule["action"], rule["type"]) == ("update", "aws_cloudwatch_event_rule")
    (difference,) = rule["differences"]
    assert difference["path"] == "event_pattern.detail.userIdentity"
    assert "before" not in difference


@pytest.mark.parametrize("format", ["table", "markdown", "json"])
def test_no_format_shows_a_sensitive_value(format, tmp_path):
    """Neither its value before nor the one after."""

    def hide(change):
        change["before"]["policy"] = '{"Statement": "SECRET"}'
        change["after"]["policy"] = '{"Statement": "SECRET2"}'
        change["before_sensitive"] = change["after_sensitive"] = {"policy": True}

    plan = edit(plan_json("strict"), "aws_sns_topic_policy", "eu-west-1", hide)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    result = run("--format", format, path)
    assert "SECRET" not in result.stdout
    assert "sensitive" in result.stdout
    assert result.exit_code == 4


def test_markdown_has_headline_weakenings_changes_and_the_folded_report():
    """In this order."""
    page = markdown([review("threat-dropped")], labels=False)
    parts = ["### Reprieve: 6 updated, 2 replaced, 4 deleted", "**Weakens protection**",
             "- rule reprieve", "**Changes**", "```diff", "- rule reprieve", "! alarm",
             "<details>", "```text", "</details>"]  # fmt: skip
    places: list[int] = []
    for part in parts:
        places.append(page.index(part, places[-1] + 1 if places else 0))
    assert sorted(places) == places


@pytest.mark.slow
@pytest.mark.parametrize("filler", ["x", "é", "`", "🔑"])
def test_markdown_of_a_huge_plan_fits_into_a_comment(filler):
    """In characters and in bytes; it says that it is cut, and every block is closed."""
    plan = in_regions(plan_json("all-destroyed"), known_regions("aws")[:12])
    for number, each in enumerate(plan["resource_changes"]):
        if each["type"] == "aws_cloudwatch_event_rule":
            each["change"]["before"]["name"] = f"{number} {filler * 900}"
        if each["type"] == "aws_sqs_queue":
            # One resource stays, so the guard is not lost: each other resource is reported.
            each["change"]["actions"] = ["no-op"]
    page = markdown([review(plan)], labels=False)
    assert len(page) <= len(page.encode()) <= MAX_SIZE
    assert len(page.encode()) > MAX_SIZE / 4
    assert "Shortened to fit into a comment" in page
    assert page.endswith("</details>\n")
    fences = re.findall(r"^(`{3,})(?:\w*)$", page, re.MULTILINE)
    assert len(fences) % 2 == 0
    assert len(set(fences)) == 1


def test_markdown_that_fits_is_not_cut():
    """A plan that deletes everything in 34 Regions fits."""
    page = markdown([review(in_regions(plan_json("all-destroyed"), known_regions("aws")))],
                    labels=False)  # fmt: skip
    assert "Shortened to fit" not in page


def test_markdown_shows_names_as_they_are():
    """A name cannot mention anyone, link, or close a block."""
    name = "@octo/cat <b>**x**</b> https://example.com ``` [a](b)"
    plan = plan_json("threat-dropped")
    for each in plan["resource_changes"]:
        if each["type"] == "aws_cloudwatch_event_rule" and each["change"]["actions"] == ["delete"]:
            each["change"]["before"]["name"] = name
    page = markdown([review(plan)], labels=False)
    head, *_ = page.partition("**Changes**")
    for markup in ("@octo", "<b>", "**x**", "https://", "[a](b)", "```"):
        assert markup not in head
    assert "````diff" in page


def test_no_value_moves_the_cursor_of_a_terminal():
    """An unprintable character is escaped."""
    assert laid_out(Line("a\x1b[2Jb"), None) == ["a\\x1b[2Jb"]


def test_lines_are_wrapped_to_a_terminal_with_a_hanging_indent():
    """Without a terminal they are not wrapped."""
    assert laid_out(Line("  aa bb cc", hang=4), 6) == ["  aa", "    bb", "    cc"]
    assert laid_out(Line("  aa bb cc", hang=4), None) == ["  aa bb cc"]


def test_deferred_changes_and_incomplete_plans_are_reported():
    """Terraform defers changes that it cannot plan yet."""
    plan = plan_json("settled")
    change = {"address": "aws_sns_topic.later"}
    plan["deferred_changes"] = [{"reason": "provider_config_unknown", "resource_change": change}]
    plan["complete"] = False
    lines = text(plan)
    assert "The plan is incomplete: more changes follow after the apply." in lines
    assert "Deferred to a later plan: aws_sns_topic.later (provider_config_unknown)." in lines
    assert review(plan).code == 3


def test_the_command_needs_no_cdktf():
    """It needs no jsii either, so it starts fast."""
    code = "import sys, reprieve.diff; print([m for m in sys.modules if m in ('cdktf', 'jsii')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_page_has_each_kind_and_each_field():
    """docs/diff.md describes everything that a program may rely on."""
    page = (PROJECT / "docs" / "diff.md").read_text()
    for kind, meaning in KINDS.items():
        assert f"| `{kind}` | {meaning} |" in page
    (plan,) = json.loads(run("--format", "json", file("tampered")).stdout)["plans"]
    page = page.replace("`.", "`").replace("[]`", "`")
    fields = [*plan, *plan["drift"]["weakenings"][0], *plan["changes"][0]]
    assert [field for field in fields if f"`{field}`" not in page] == []


def test_both_examples_of_the_page_show_the_same_weakenings_as_they_are_printed():
    """The first as text, wrapped to a terminal; the second as Markdown, escaped."""
    page = (PROJECT / "docs" / "diff.md").read_text()
    as_text = page.partition("```text\n")[2].partition("\nCHANGES\n")[0]
    as_text = re.sub(r"\n {4}(?! )", " ", as_text)
    as_markdown = page.partition("````markdown\n")[2].partition("**Changes**")[0]
    as_markdown = re.sub(r"\\(.)", r"\1", as_markdown).replace("&#64;", "@")
    found = re.findall(r"^  ! (.*)$", as_text, re.MULTILINE)
    assert found == re.findall(r"^- (.*)$", as_markdown, re.MULTILINE)
    lost = review("region-leaves").weakenings[0]
    assert re.sub(r"\d+ resources", "31 resources", f"sa-east-1: {lost.text}") == found[0]


def test_a_plan_that_creates_everything_says_what_it_assumes():
    """Its state is empty. That may be the wrong state."""
    (line, *_) = text("first")
    assert line.endswith(" created; this plan assumes that no guard is deployed yet")


def test_a_guard_that_the_state_does_not_contain_is_named():
    """In each Region where the account has the topic; such a plan weakens protection."""
    plan = review("first").plan
    found = Review(replace(plan, existing=frozenset({"us-east-1"})))
    weak = [(each.kind, each.subject, each.place) for each in found.weakenings]
    assert weak == [("state-lost", "topic reprieve-alerts", "us-east-1")]
    assert found.code == 4
    assert "protection is weakened in 1 way" in headline(found)


def test_the_topics_of_a_region_that_joins_are_looked_for_too():
    """The state may be the wrong one for this Region only, if it is split."""
    joins = review("region-joins")
    assert not joins.is_first
    assert list(created_topics(joins.plan)) == list(joins.regions.joining)
    assert created_topics(review("address-dropped").plan) == {}


def test_the_plans_of_an_accounts_stacks_are_reviewed_as_one(tmp_path):
    """A Region is one of all, and a right of a role is about what another plan creates."""
    whole = review("region-joins")
    parts = [
        replace(
            whole.plan,
            label=label,
            resources=tuple(r for r in whole.plan.resources if (r.place == ACCOUNT) is is_base),
            drift=(),
        )
        for label, is_base in (("reprieve", True), ("reprieve-us", False))
    ]
    merged = Review(merge_plans("reprieve", parts))
    assert (merged.counts, merged.code) == (whole.counts, whole.code)
    assert [each.text for each in merged.weakenings] == [each.text for each in whole.weakenings]
    failed = merge_plans("reprieve", [parts[0], replace(parts[1], errored=True, error_output="a")])
    assert (failed.errored, failed.error_output) == (True, "a")
