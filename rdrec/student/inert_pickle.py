"""Read the pickle of a torch module as data: nothing is imported, called or constructed except our own inert records.

The result consists of dicts, lists, texts, numbers, `Name`, `Made`, `Storage` and `Tensor`.  Only the operations that torch.save needs
are understood; the error names any other operation and any name outside `_known`.  The reader never recurses, a memo costs as much
as the file, and bytes and operations are limited.
"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, cast

from rdrec.core.records import InputError
from rdrec.core.settings import integer

RELEASED_CLASS = "Solomon"  # class of the released program, in any module
_LINE = 4096  # bytes of a name at most
_MOST_NUMBERS = 2**40  # of a storage or a side of a tensor; Python refuses to print integers of thousands of digits
_IDENTIFIER = re.compile(r"[A-Za-z_]\w{0,99}", re.ASCII)
_MODULE = re.compile(r"[A-Za-z_]\w{0,99}(?:\.[A-Za-z_]\w{0,99}){0,9}", re.ASCII)
_CLASS_HOMES = ("torch.nn.modules.", "transformers.", "apex.normalization.")
_SETS = {(home, kind) for home in ("builtins", "__builtin__") for kind in ("set", "frozenset")}
_ORDERED = ("collections", "OrderedDict")
_REBUILD = {("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_parameter")}
_TORCH_VALUES = {("torch", "device"), ("torch", "Size")}
_TORCH_NAME = re.compile(r"[A-Z][A-Za-z0-9]*Storage|b?float\d+|u?int\d+|complex\d+|bool")


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function named in the file."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False)
class Made:
    """Stands for an object that the file would have created; `state` is its content."""

    kind: Name
    args: tuple[Any, ...]
    state: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Storage:
    """`numel` numbers of `kind` ("FloatStorage") under a key."""

    kind: str
    key: str
    numel: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage, as torch describes it: offset, size and stride in numbers."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class Bounded:
    """A file from which at most `left` more bytes may be read."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def read(self, count: int) -> bytes:
        """The next `count` bytes.  Raises InputError beyond the limit."""
        if count > self._left:
            raise InputError("the pickle is cut off, or longer than that of any checkpoint")
        content = self._file.read(count)
        self._left -= len(content)
        return content

    def readline(self) -> bytes:
        """The next line, with its end.  Raises InputError beyond the limit, or for a line without an end."""
        line = self._file.readline(min(self._left, _LINE))
        self._left -= len(line)
        if not line.endswith(b"\n"):
            raise InputError("the pickle is cut off, or has a name without an end")
        return line


def read_pickle(file: Bounded, storages: dict[str, Storage] | None = None) -> Any:
    """One pickle, up to its end; its storages are added to `storages` by key.

    Raises InputError for everything that torch.save does not write.
    """
    machine, count = _Machine({} if storages is None else storages), 0
    try:
        for operation, argument, _ in pickletools.genops(cast(IO[bytes], file)):  # it needs only read and readline
            count += 1
            if count > integer("release.max_operations"):
                raise InputError(f"the pickle has more than {integer('release.max_operations'):,} operations")
            handler = _OPERATIONS.get(operation.name)
            if handler is None:
                raise InputError(f"the pickle uses {operation.name}, which no checkpoint needs")
            handler(machine, argument)
    except (ValueError, IndexError, KeyError, OverflowError) as error:
        # genops raises ValueError if it is not a pickle; the machine raises the others if the stack or the memo is empty
        raise InputError(f"the pickle is broken ({str(error)[:100] or type(error).__name__})") from None
    return machine.result()


class _Machine:
    """Stack, marks and memo of a pickle."""

    def __init__(self, storages: dict[str, Storage]) -> None:
        self.storages = storages
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def result(self) -> Any:
        if self.marks or len(self.stack) != 1:
            raise InputError("the pickle leaves more or less than one object")
        return self.stack[0]

    def mark(self, _: Any) -> None:
        self.marks.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.marks.pop()
        return items

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def put(self, place: Any) -> None:
        self.memo[int(place)] = self.stack[-1]

    def memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, place: Any) -> None:
        self.push(self.memo[int(place)])

    def pop(self, _: Any) -> None:
        self.stack.pop()

    def last(self, count: int) -> list[Any]:
        return [self.stack.pop() for _ in range(count)][::-1]

    def extend(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise InputError("the pickle appends to something that is not a list")
        self.stack[-1].extend(items)

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise InputError("the pickle sets an entry of something that is not a table")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, (str, int, type(None))):
                raise InputError("the pickle has a key that is neither text nor number")
            if isinstance(key, int) and abs(key) >= _MOST_NUMBERS:  # thousands of large numbers can have the same hash
                raise InputError("the pickle has a key that is too large a number")
            target[key] = value

    def name(self, module: Any, name: Any) -> None:
        if not (
            isinstance(module, str) and isinstance(name, str) and _MODULE.fullmatch(module) and _IDENTIFIER.fullmatch(name)
        ):
            raise InputError(f"the pickle names {_said(module)}.{_said(name)}, which is not a class")
        found = Name(module, name)
        if not _known(found):
            raise InputError(f"the pickle names {found}, which no checkpoint needs")
        self.push(found)

    def reduce(self, _: Any) -> None:
        arguments, called = self.stack.pop(), self.stack.pop()
        if not isinstance(called, Name) or not isinstance(arguments, tuple):
            raise InputError("the pickle calls something that is not a name")
        self.push(_reduced(called, arguments))

    def new_object(self, _: Any) -> None:
        arguments, kind = self.stack.pop(), self.stack.pop()
        if not isinstance(kind, Name) or not _is_class(kind) or not isinstance(arguments, tuple):
            raise InputError(f"the pickle makes {_said(kind)}, which is not part of a model")
        self.push(Made(kind, arguments))

    def build(self, _: Any) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(target, Made) or target.state is not None or not isinstance(state, dict):
            raise InputError("the pickle fills something that is not part of a model, or fills it twice")
        target.state = state

    def persistent(self, _: Any) -> None:
        told = self.stack.pop()
        if not isinstance(told, tuple) or not told:
            raise InputError("the pickle points to something that is not a storage")
        if told[0] == "module" and len(told) == 4 and isinstance(told[1], Name):
            self.push(told[1])  # the older form keeps the source text of a class beside its name
            return
        if told[0] != "storage" or len(told) not in (5, 6) or told[5:] not in ((), (None,)):
            raise InputError(f"the pickle points to {_said(told[0])}, which is not a storage of its own")
        kind, key, _location, numel = told[1:5]
        good_key = isinstance(key, str) and re.fullmatch(r"\d{1,20}", key, re.ASCII)
        good_kind = isinstance(kind, Name) and kind.module == "torch" and kind.name.endswith("Storage")
        if not good_kind or not good_key or type(numel) is not int or not 0 <= numel < _MOST_NUMBERS:
            raise InputError(f"the pickle points to an impossible storage under {_said(key)}")
        stored = Storage(kind.name, key, numel)
        if self.storages.setdefault(key, stored) != stored:
            raise InputError(f"the pickle calls storage {key} first {self.storages[key]}, then {stored}")
        self.push(stored)


def _said(value: Any) -> str:
    """A value in an error message: nested values are not printed."""
    return str(value)[:80] if isinstance(value, (str, int, Name)) else f"a {type(value).__name__}"


def _known(name: Name) -> bool:
    pair = (name.module, name.name)
    if pair == _ORDERED or pair in _SETS | _REBUILD | _TORCH_VALUES:
        return True
    return _is_class(name) or (name.module == "torch" and _TORCH_NAME.fullmatch(name.name) is not None)


def _is_class(name: Name) -> bool:
    return name.name == RELEASED_CLASS or name.module.startswith(_CLASS_HOMES)


def _reduced(called: Name, arguments: tuple[Any, ...]) -> Any:
    """The result of an allowed call, built here without calling anything of the file."""
    pair = (called.module, called.name)
    if pair == _ORDERED and not arguments:
        return {}
    if pair in _SETS and len(arguments) == 1 and isinstance(arguments[0], list):
        return arguments[0]  # not a copy: a file of a few MB could ask for thousands of copies of a long list
    if pair in _TORCH_VALUES:
        return Made(called, arguments)
    if pair == ("torch._utils", "_rebuild_parameter") and len(arguments) == 3 and isinstance(arguments[0], Tensor):
        return arguments[0]
    if pair == ("torch._utils", "_rebuild_tensor_v2") and len(arguments) in (6, 7):
        storage, offset, size, stride = arguments[:4]
        numbers = [offset, *size, *stride] if isinstance(size, tuple) and isinstance(stride, tuple) else [-1]
        whole = all(type(number) is int and 0 <= number < _MOST_NUMBERS for number in numbers) and len(numbers) <= 17
        if isinstance(storage, Storage) and whole:
            return Tensor(storage, offset, size, stride)
        raise InputError("the pickle makes a tensor of impossible sizes")
    raise InputError(f"the pickle calls {called}, which no checkpoint needs")


def _keep_protocol(machine: _Machine, version: Any) -> None:
    if version > 5:
        raise InputError(f"the pickle is of protocol {version}")


def _nothing(machine: _Machine, _: Any) -> None:
    """Operations without effect: the end, and frames, which give the length of a part."""


_OPERATIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "PROTO": _keep_protocol,
    "FRAME": _nothing,
    "STOP": _nothing,
    "MARK": _Machine.mark,
    "POP": _Machine.pop,
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    **dict.fromkeys(
        ("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"), _Machine.push
    ),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_SET": lambda machine, _: machine.push([]),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.since_mark())),
    "TUPLE1": lambda machine, _: machine.push(tuple(machine.last(1))),
    "TUPLE2": lambda machine, _: machine.push(tuple(machine.last(2))),
    "TUPLE3": lambda machine, _: machine.push(tuple(machine.last(3))),
    "APPEND": lambda machine, _: machine.extend(machine.last(1)),
    "APPENDS": lambda machine, _: machine.extend(machine.since_mark()),
    "ADDITEMS": lambda machine, _: machine.extend(machine.since_mark()),
    "SETITEM": lambda machine, _: machine.set_items(machine.last(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.since_mark()),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), _Machine.put),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _Machine.get),
    "MEMOIZE": _Machine.memoize,
    "GLOBAL": lambda machine, text: machine.name(*text.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.name(*machine.last(2)),
    "REDUCE": _Machine.reduce,
    "NEWOBJ": _Machine.new_object,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persistent,
}
