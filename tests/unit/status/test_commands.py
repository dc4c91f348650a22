"""The commands in hints."""

from reprieve.status.commands import aws_command


def test_a_command_names_the_region_and_its_options():
    """It can be copied."""
    command = aws_command("eu-west-1", "ssm", "delete-document", "--name", "reprieve-old")
    assert command == "`aws ssm delete-document --region eu-west-1 --name reprieve-old`"


def test_names_that_others_chose_are_quoted():
    """A shell would run them."""
    command = aws_command("eu-west-1", "cloudwatch", "delete-alarms", "--alarm-names", "a$(b)\n")
    assert command == r"`aws cloudwatch delete-alarms --region eu-west-1 --alarm-names 'a$(b)\n'`"
