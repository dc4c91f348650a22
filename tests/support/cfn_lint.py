"""What cfn-lint says of a template; apart, since it takes a second to import."""

from typing import Any

from cfnlint.api import lint
from cfnlint.config import ManualArgs

from reprieve.template.template import Template


def lint_errors(template: Template) -> list[Any]:
    """Return what cfn-lint reports of a template in its Regions: errors and warnings."""
    return list(lint(template.text, config=ManualArgs(regions=list(template.regions))))
