"""The patrol: a runbook that inspects the keys themselves, and the guard of the next Region.

An event may never come: EventBridge and CloudTrail deliver on best effort. A key that is pending
deletion is found all the same, since its waiting period is 7 days at least.
"""

from typing import Any

from reprieve.runbooks.script_source import Results
from reprieve.runbooks.steps import (
    ROLE_PARAMETER,
    Document,
    Step,
    choose,
    document,
    end,
    fail,
    run_script,
)

# How often a look is continued that the time of a script was too short for. A script cancels about
# 2,700 deletions, at KMS's rate of 5 a second.
_LOOKS = 10
# CloudTrail's history is up to 15 minutes late (CloudTrail user guide, "event history").
_HISTORY_DELAY = "PT20M"
_NOT_SAVED = "Number of keys that the patrol could not rescue (its message names them): {}"


def patrol_document(
    partition: str,
    inspection: dict[str, Any],
    guard_check: dict[str, Any],
    *,
    results: Results = Results.TOPICS,
) -> Document:
    """Return the Automation document (schema 0.3).

    `inspection` and `guard_check` are what the scripts `patrol` and `guard_check` get. `results`
    says where its messages go.
    """
    steps = [
        run_script(
            "CheckGuard",
            "guard_check",
            partition,
            outputs=("Problems",),
            # The execution fails at its end, and the keys are inspected all the same.
            on_failure="Continue",
            results=results,
            **guard_check,
        ),
        _inspect("Inspect", partition, inspection | {"Seen": "none"}, results=results),
        choose("AreAllExplained", "{{ Inspect.Unexplained }}", {"none": "AreAllSaved"}, "Wait"),
        {"name": "Wait", "action": "aws:sleep", "inputs": {"Duration": _HISTORY_DELAY}},
        _inspect(
            "InspectAgain",
            partition,
            inspection | {"Seen": "{{ Inspect.Unexplained }}"},
            results=results,
        ),
        choose("AreOthersSaved", "{{ InspectAgain.Failed }}", {"0": "AreAllSaved"}, "FailAgain"),
        choose("AreAllSaved", "{{ Inspect.Failed }}", {"0": "End"}, "Fail"),
        fail("Fail", partition, _NOT_SAVED.format("{{ Inspect.Failed }}")),
        fail("FailAgain", partition, _NOT_SAVED.format("{{ InspectAgain.Failed }}")),
        end("End"),
    ]
    parameters = {
        **ROLE_PARAMETER,
        "Remind": {
            "type": "String",
            "description": "Whether to report deletions that Reprieve does not cancel.",
            "default": "false",
            "allowedValues": ["true", "false"],
        },
        "StartedAt": {
            "type": "String",
            "description": "When the schedule fired.",
            "default": "",
            "allowedPattern": "^[0-9TZ:.-]{0,32}$",
        },
    }
    return document(
        "rescues the KMS keys whose events were missed, and checks the next Region's guard.",
        parameters,
        steps,
    )


def _inspect(name: str, partition: str, payload: dict[str, Any], *, results: Results) -> Step:
    return run_script(
        name,
        "patrol",
        partition,
        outputs=("Unexplained", "Failed"),
        on_failure="Abort",
        attempts=_LOOKS,
        results=results,
        Remind="{{ Remind }}",
        **payload,
    )
