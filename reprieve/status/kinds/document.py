"""The attributes of an SSM document."""

import json
from collections.abc import Mapping
from typing import Any, Final

from reprieve.guard.resources import Document
from reprieve.status.attributes import Attributes, Json, attributes_of
from reprieve.status.json_compare import parsed

NOT_COMPARED: Final = {
    "id": "it is Terraform's address",
    "runbook": "its name is the document's; the ARNs of targets name it",
    "beginning": "the name has it",
}


def expected(document: Document) -> Attributes:
    """Return what the settings make of a document. The order of a runbook's steps counts."""
    stated = attributes_of(document, NOT_COMPARED, content=_content)
    return {"name": document.name, "type": "Automation", "status": "Active"} | stated


def _content(content: Any) -> Json:
    """Return the content as its JSON reads: a tuple is a list there."""
    return Json(json.loads(json.dumps(content)), ordered=True)


def deployed(description: Mapping[str, Any], version: Mapping[str, Any]) -> Attributes:
    """Return what is deployed: of DescribeDocument, and GetDocument of the version that runs.

    Targets start the first version; another default version, or a newer one, is not Reprieve's.
    """
    runs = version.get("DocumentVersion")
    default, newest = description.get("DefaultVersion"), description.get("LatestVersion")
    return {
        "name": version.get("Name"),
        "type": description.get("DocumentType"),
        "status": description.get("Status") or "Active",
        "content": Json(parsed(version.get("Content")), ordered=True),
        "default version": default if default != runs else None,
        "newer version": newest if newest != runs else None,
    }
