"""The fast way to create objects in Node: only where its messages are jsii's own."""

from types import SimpleNamespace

import jsii
import pytest

from stacks import fast_create
from stacks.cdk import App, SnsTopic, SqsQueue, TerraformOutput, TerraformStack
from stacks.fast_create import FastCreate

STOCK = jsii.kernel.create


@pytest.fixture
def created():
    """Return the classes of the objects that were created in jsii's own way."""
    return []


@pytest.fixture
def fast(monkeypatch, created):
    """Create objects the fast way; what it leaves to jsii is listed in `created`."""

    def stock(klass, obj, args=None):
        created.append(klass.__name__)
        return STOCK(klass, obj, args)

    fast = FastCreate(stock, jsii.kernel)
    monkeypatch.setattr(jsii, "create", fast.create)
    return fast


@pytest.fixture
def stack(fast):
    """Return an empty stack."""
    return TerraformStack(App(), "stack")


def test_objects_of_the_bindings_are_created_the_fast_way(fast, stack, created):
    """Also with what a list, a mapping and a struct contain."""
    SqsQueue(
        stack,
        "queue",
        depends_on=[SnsTopic(stack, "topic", tags={"a": "b"})],
        lifecycle={"ignore_changes": ["tags"]},
    )
    assert created == []
    assert fast.is_as_expected


def test_a_class_that_overrides_a_method_is_left_to_jsii(stack, created):
    """Node calls its methods back in Python."""

    class Output(TerraformOutput):  # type: ignore[misc]
        def to_terraform(self):
            return {}

    Output(stack, "output", value="text")
    assert created == ["Output"]


def test_an_argument_of_an_unknown_kind_is_left_to_jsii(stack, created):
    """Here a tuple, which jsii does not know either."""
    with pytest.raises(AttributeError, match="tuple"):
        jsii.create(SnsTopic, SimpleNamespace(), [stack, ("a",)])
    assert created == ["SnsTopic"]


def test_a_message_that_differs_from_jsiis_own_ends_the_fast_way(fast, stack, created, monkeypatch):
    """Of the first object of a class both are made."""
    monkeypatch.setattr(fast_create, "_interfaces", lambda klass: ["another.Interface"])
    monkeypatch.setattr(
        fast_create, "_stock_message", lambda *_: {"fqn": "@cdktf/provider-aws.another"}
    )
    SnsTopic(stack, "topic")
    monkeypatch.undo()
    monkeypatch.setattr(jsii, "create", fast.create)
    SqsQueue(stack, "queue")
    assert created == ["SnsTopic", "SqsQueue"]
    assert not fast.is_as_expected


def test_jsiis_stack_traces_are_left_to_jsii(fast, stack, created, monkeypatch):
    """They are part of its messages."""
    monkeypatch.setenv("JSII_HOST_STACK_TRACES", "1")
    SnsTopic(stack, "topic")
    assert created == ["SnsTopic"]


@pytest.mark.parametrize(
    ("struct", "left"),
    [({"a": None, "b": 0}, {"b": 0}), ({"a": {"$jsii.map": {"c": None}}}, None), ({}, {})],
)
def test_only_null_in_a_struct_is_left_out(struct, left):
    """A mapping keeps what it has."""
    message = {"$jsii.struct": {"fqn": "name", "data": struct}}
    expected = {"$jsii.struct": {"fqn": "name", "data": struct if left is None else left}}
    assert fast_create._without_left_out(message) == expected
