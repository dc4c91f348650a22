"""What the operator's commands hold the account against is what the stacks deploy."""

from reprieve.guard.rules import Place, alarm_names, rules_of
from reprieve.settings.schema import NotifySettings, Settings


def test_the_alarms_have_the_blueprints_names(stack):
    """The names are said in two places: where alarms are made, and where they are looked for."""
    deployed = stack["resource"]["aws_cloudwatch_metric_alarm"].values()
    place = Place("eu-west-1", "111122223333", "topic", None, None, "role", "role")
    rules = rules_of(Settings(notify=NotifySettings(emails=("security@example.com",))), place)
    assert {alarm["alarm_name"] for alarm in deployed} == set(alarm_names(rules))
