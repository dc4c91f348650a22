"""Makes jsii create objects fast: one message to Node for each, with less work in Python.

jsii (`jsii._kernel`) copies the arguments of an object three times on their way to JSON, with all
those that are left out, and reads the answer by trial and error. Here they become JSON at once. The
first object of each class is encoded in both ways: if the messages differ, or if anything about
jsii is not as expected, jsii's own way is used from then on.
"""

import functools
import importlib
import json
from collections.abc import Callable
from typing import Any, Final

import jsii
from jsii._kernel.types import Callback, CreateRequest, CreateResponse, ObjRef
from jsii.errors import ErrorType, JavaScriptError, JSIIError

from stacks.fast_checks import PLAIN
from stacks.fast_requests import Requests

# Private parts of jsii: typed as anything, since no version promises them.
_KERNEL: Final[Any] = importlib.import_module("jsii._kernel")
_PROCESS: Final[Any] = importlib.import_module("jsii._kernel.providers.process")


class _OnlyStockError(Exception):
    """Only jsii's own way can create this object."""


class FastCreate:
    """Creates objects as `jsii.create` does.

    `stock` is that function, and `kernel` what it creates objects with. `is_as_expected` turns
    false when a message differs from jsii's own.
    """

    def __init__(self, stock: Callable[..., Any], kernel: Any) -> None:
        self.is_as_expected = True
        self._stock = stock
        self._kernel = kernel
        self._compared: set[type] = set()

    def create(self, klass: type, obj: Any, args: list[Any] | None = None) -> Any:
        """Create an object in Node for `obj`; return its reference."""
        try:
            node, message = self._prepared(klass, obj, args or [])
        except (_OnlyStockError, AttributeError, TypeError):
            return self._stock(klass, obj, args)
        obj.__jsii_ref__ = _created(self._kernel, node, message)
        _KERNEL._reference_map.register_reference(obj)
        return obj.__jsii_ref__

    def _prepared(self, klass: Any, obj: Any, args: list[Any]) -> tuple[Any, dict[str, Any]]:
        """Return Node's process and the message."""
        if not self.is_as_expected or _PROCESS._stack_traces_enabled():
            raise _OnlyStockError
        node = self._kernel.provider._process
        own: Any = type(obj)
        message = {
            "fqn": _name(klass, own),
            "args": [_encoded(each) for each in args],
            "overrides": [],
            "interfaces": _interfaces(klass),
            "api": "create",
        }
        if klass not in self._compared:
            stock_message = _stock_message(self._kernel, node, message, args)
            self.is_as_expected = message == stock_message
            if not self.is_as_expected:
                raise _OnlyStockError
            self._compared.add(klass)
        return node, message


def speed_up_create() -> None:
    """Replace the function that the bindings' constructors call."""
    jsii.create = FastCreate(jsii.create, jsii.kernel).create


@functools.cache
def _name(klass: type, own: type) -> str:
    """Return jsii's name of a class. `own` is the class of the object: it may be a subclass."""
    # It looks only at classes. What overrides a method in Python is called back from Node.
    if _KERNEL._get_overides(klass, object.__new__(own)):
        raise _OnlyStockError
    name: str = klass.__jsii_type__  # type: ignore[attr-defined]
    return name


@functools.cache
def _interfaces(klass: type) -> list[str]:
    return [each.__jsii_type__ for each in getattr(klass, "__jsii_ifaces__", [])]


def _encoded(value: Any) -> Any:
    """Return an argument as JSON, without what is left out of a struct."""
    own: Any = type(value)
    if own in PLAIN:
        return value
    if own is list:
        return [_encoded(each) for each in value]
    if own is dict:
        return {"$jsii.map": {key: _encoded(each) for key, each in value.items()}}
    if (names := _struct(own)) is not None:
        data = {names[name]: _encoded(each) for name, each in value._values.items()}
        return {"$jsii.struct": {"fqn": own.__jsii_type__, "data": data}}
    reference = value.__jsii_ref__
    if reference.interfaces:
        return {"$jsii.byref": reference.ref, "$jsii.interfaces": reference.interfaces}
    return {"$jsii.byref": reference.ref}


@functools.cache
def _struct(own: Any) -> dict[str, str] | None:
    """Return the names of a struct's fields in Python and in jsii; None for any other class."""
    return getattr(own, "__jsii_name_mapping__", None)


def _stock_message(kernel: Any, node: Any, message: dict[str, Any], args: list[Any]) -> Any:
    """Return the message that jsii itself would send, without what is left out of a struct."""
    request = CreateRequest(
        fqn=message["fqn"],
        args=_KERNEL._make_reference_for_native(kernel, args),
        overrides=[],
        interfaces=message["interfaces"],
    )
    text = json.dumps(node._serializer.unstructure(request), default=_PROCESS.jdefault)
    return json.loads(text, object_hook=_without_left_out)


def _without_left_out(each: dict[str, Any]) -> dict[str, Any]:
    """Return an object of JSON; a struct has only what is not null."""
    struct = each.get("$jsii.struct")
    if struct is None:
        return each
    data = {name: value for name, value in struct["data"].items() if value is not None}
    return {"$jsii.struct": {**struct, "data": data}}


def _created(kernel: Any, node: Any, message: dict[str, Any]) -> Any:
    """Let Node create an object; return the reference to it."""
    line = json.dumps(message).encode() + b"\n"
    requests: Requests | None = getattr(node, "requests", None)
    if requests is None:
        return _answer(kernel, node, _exchange(node, line))
    if requests.creates_ahead and requests.next_object is not None:
        ref = f"{message['fqn']}@{requests.next_object}"
        requests.next_object += 1
        requests.send(line, f'{{"ok":{{"$jsii.byref":"{ref}"}}}}'.encode())
        return ObjRef(ref=ref)
    requests.finish()
    created = _answer(kernel, node, _exchange(node, line))
    requests.next_object = int(created.ref.rpartition("@")[2]) + 1
    return created


def _exchange(node: Any, line: bytes) -> bytes:
    """Send a line to Node, and return the line that it answers."""
    node._process.stdin.write(line)
    node._process.stdin.flush()
    answer: bytes = node._process.stdout.readline()
    return answer


def _answer(kernel: Any, node: Any, line: bytes) -> Any:
    """Return the reference to what Node has created.

    Raises:
        JSIIError, RuntimeError: As jsii raises them: Node did not create it.
    """
    match json.loads(line):
        case {"ok": {"$jsii.byref": str(ref), "$jsii.interfaces": list(interfaces)}}:
            return ObjRef(ref=ref, interfaces=interfaces)
        case {"ok": {"$jsii.byref": str(ref)}}:
            return ObjRef(ref=ref)
    answer = node._serializer.structure(
        json.loads(line, object_hook=_PROCESS.ohook), _PROCESS._ProcessResponse
    )
    if isinstance(answer, _PROCESS._CallbackResponse):
        callback: Callback = answer.callback
        return _KERNEL._callback_till_result(kernel, callback, CreateResponse)
    kind = JSIIError if answer.name == ErrorType.JSII_FAULT.value else RuntimeError
    raise kind(answer.error) from JavaScriptError(answer.stack)  # type: ignore[no-untyped-call]
