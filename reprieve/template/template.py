"""A CloudFormation template, within CloudFormation's limits."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from reprieve.template.limits import MAX_DIRECT_BYTES, check_limits

FORMAT_VERSION = "2010-09-09"
"""The only version of the format of templates."""


@dataclass(frozen=True)
class Template:
    """A template as an object and as text.

    `regions` are the Regions that it can be deployed in.

    Raises:
        TemplateError: It exceeds a limit of CloudFormation.
    """

    body: dict[str, Any] = field(repr=False)
    regions: tuple[str, ...]

    def __post_init__(self) -> None:
        # The larger form: people upload it. Terraform uploads the other one.
        check_limits(self.body, self.pretty)

    @cached_property
    def text(self) -> str:
        """The template as JSON without white space, the same for the same settings."""
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def pretty(self) -> str:
        """The template as JSON for people."""
        return json.dumps(self.body, indent=1, ensure_ascii=False) + "\n"

    @property
    def needs_bucket(self) -> bool:
        """Whether it is too large to be part of a call, so that S3 has to hold it."""
        return len(self.pretty.encode()) > MAX_DIRECT_BYTES


def template_of(description: str, regions: tuple[str, ...], **sections: dict[str, Any]) -> Template:
    """Return a template of these sections; empty ones are left out."""
    given = {name: section for name, section in sections.items() if section}
    body = {"AWSTemplateFormatVersion": FORMAT_VERSION, "Description": description, **given}
    return Template(body, regions)
