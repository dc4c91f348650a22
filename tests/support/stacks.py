"""Templates for the sandbox, and an organization with a delegated administrator."""

import json
from dataclasses import dataclass

HUB, FIRST, SECOND = "222233334444", "333344445555", "444455556666"
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
AS_DELEGATE = {"CallAs": "DELEGATED_ADMIN", "StackSetName": "guard"}


def policy(**statement):
    """Return a policy document of one statement that allows something."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


def template(resources=None, **sections):
    """Return the text of a template. Without resources it has one topic, `Topic`."""
    content = {"Resources": resources or {"Topic": {"Type": "AWS::SNS::Topic"}}, **sections}
    return json.dumps(content)


def topic(name, **attributes):
    """Return a topic of a name."""
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}, **attributes}


@dataclass
class Organization:
    """An organization with the unit `work`, and a unit `nested` in it. Three accounts are members.

    The hub is below the root, the first account in `work`, the second one in `nested`.
    """

    root: str
    work: str
    nested: str


def organize(sandbox, region="us-east-1"):
    """Put three accounts into an organization. The hub is StackSets' delegated administrator."""
    for account in (HUB, FIRST, SECOND):
        sandbox.add_account(account)
    sandbox.organize()
    client = sandbox.client("organizations", region)
    root = client.list_roots()["Roots"][0]["Id"]
    units = [root]
    for name in ("work", "nested"):
        created = client.create_organizational_unit(ParentId=units[-1], Name=name)
        units.append(created["OrganizationalUnit"]["Id"])
    for account, unit in ((FIRST, units[1]), (SECOND, units[2])):
        client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    client.enable_aws_service_access(ServicePrincipal=STACK_SETS)
    client.register_delegated_administrator(AccountId=HUB, ServicePrincipal=STACK_SETS)
    return Organization(*units)
