"""What a kernel's Python reads besides its arguments, as one value that changes when any of it does.

The names that code loads are followed through functions, closures, modules and classes to their values. What nobody can tell
to be the same next time (files, the environment, random numbers, the clock, what prints) has no such value: `UntoldError`.
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import functools
import os
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from opcode import opmap
from types import (BuiltinFunctionType, CellType, CodeType, EllipsisType, FunctionType, GetSetDescriptorType, MappingProxyType,
                   MemberDescriptorType, MethodDescriptorType, MethodType, ModuleType, NoneType, SimpleNamespace,
                   WrapperDescriptorType)
from typing import Any

import numpy as np

from ..places import is_own_file
from ..tensor.dtypes import DType

#: Values that are followed, and bytes of arrays that are compared, for one kernel; more is not worth a look at each call.
_VALUE_LIMIT, _BYTE_LIMIT = 5_000, 1 << 20

#: Modules whose functions give the same for the same arguments.
_PURE = frozenset((
    "abc", "bisect", "builtins", "cmath", "collections", "copy", "dataclasses", "enum", "fractions", "functools",
    "heapq", "itertools", "keyword", "math", "ml_dtypes", "numbers", "numpy", "operator", "re", "reprlib", "statistics", "string",
    "struct", "textwrap", "types", "typing", "typing_extensions"))
#: What of NumPy reads files or has a state.
_IMPURE_NUMPY = frozenset(("DataSource", "fromfile", "genfromtxt", "lib", "load", "loadtxt", "memmap", "random", "rec", "save",
                           "savetxt", "savez", "savez_compressed", "seterr", "geterr", "get_printoptions", "setbufsize"))
#: Built-in functions whose effect or result is not of their arguments alone.
_IMPURE_BUILTINS = frozenset(("__import__", "breakpoint", "compile", "delattr", "dir", "eval", "exec", "globals", "input", "locals",
                              "open", "print", "setattr", "vars"))

_STDLIB = os.path.dirname(os.__file__) + os.sep
_PLAIN: frozenset[type] = frozenset((int, str, bool, bytes, complex, NoneType, EllipsisType, type(NotImplemented)))
_DESCRIPTORS = (GetSetDescriptorType, MemberDescriptorType, MethodDescriptorType, WrapperDescriptorType)
#: Of a class's names, those that say nothing of its own.
_SILENT = frozenset(("__abstractmethods__", "__annotations__", "__dataclass_fields__", "__dataclass_params__", "__dict__", "__doc__",
                     "__firstlineno__", "__match_args__", "__module__", "__orig_bases__", "__parameters__", "__slots__",
                     "__static_attributes__", "__weakref__", "_abc_impl", "_member_map_", "_member_names_", "_value2member_map_"))
_MISSING = object()


class UntoldError(Exception):
    """Why what a kernel reads cannot be told to be the same."""


class Reads:
    """Collects what functions and values are, in `parts`."""

    __slots__ = ("_alive", "_bytes", "_seen", "_visit_array", "kept", "parts")

    def __init__(self, visit_array: Callable[[Any, str], bool] | None = None) -> None:
        #: Equal if and only if all that was followed is.
        self.parts: list[Any] = []
        #: What is named by its identity, which it keeps as long as it is held.
        self.kept: list[Any] = []
        self._seen: dict[int, int] = {}
        #: What was seen: identities mean something as long as these are there.
        self._alive: list[Any] = []
        self._bytes = 0
        #: Takes arrays that are arguments: where it gives true, their contents do not count.
        self._visit_array = visit_array

    # Code

    def function(self, function: Any) -> None:
        """A function: its code, and the values of what that names."""
        code: CodeType = function.__code__
        self._is("function", code)
        for value in function.__defaults__ or ():
            self.value(value)
        if function.__kwdefaults__:
            self._items(function.__kwdefaults__)
        for cell in function.__closure__ or ():
            self._cell(cell)
        if function.__dict__:
            self._items(function.__dict__)
        names = function.__globals__
        for root, *rest in _paths(code):
            value = names.get(root, _MISSING)
            if value is _MISSING:
                self._builtin(root)
                continue
            while rest and type(value) is ModuleType:
                self._require_pure(value, rest[0])
                value = getattr(value, rest.pop(0), _MISSING)
            self.value(value)

    def _cell(self, cell: CellType) -> None:
        try:
            value = cell.cell_contents
        except ValueError:
            self.parts.append("empty")
            return
        self.value(value)

    def _builtin(self, name: str) -> None:
        if name in _IMPURE_BUILTINS:
            raise UntoldError(f"it names {name}")
        self._is("builtin", getattr(builtins, name, None))

    def _require_pure(self, module: ModuleType, attribute: str | None = None) -> bool:
        """Whether a module's functions may be taken as they are; those of users are followed."""
        root, _, rest = module.__name__.partition(".")
        if root == "trnsim" or root in _PURE and (root != "numpy" or not rest and attribute not in _IMPURE_NUMPY):
            return True
        if root in sys.stdlib_module_names or root in ("numpy", "torch"):
            raise UntoldError(f"it names {module.__name__}{f'.{attribute}' if attribute else ''}")
        return False

    def _is_trusted(self, function: FunctionType) -> bool:
        file = function.__code__.co_filename
        if is_own_file[file]:
            return True
        if not file.startswith(_STDLIB) or "site-packages" in file:
            if not file.startswith("<frozen") and str(function.__module__).partition(".")[0] not in ("numpy", "ml_dtypes"):
                return False
        name = str(function.__globals__.get("__name__", ""))
        root = name.partition(".")[0]
        if root not in _PURE or name.startswith("numpy.random") or root == "numpy" and function.__name__ in _IMPURE_NUMPY:
            raise UntoldError(f"it names {name}.{function.__name__}")
        return True

    def forget(self) -> None:
        """Follows values anew, arguments too."""
        self._seen.clear()
        self._alive.clear()

    # Values

    def value(self, value: Any, name: str = "", is_argument: bool = False) -> None:
        """A value with all that it holds. Arguments' arrays go to whoever asked for them."""
        kind = type(value)
        parts = self.parts
        if kind in _PLAIN:
            parts += (kind, value)
            return
        if kind is float:
            # 0.0 is -0.0 to a comparison, and a NaN is not itself.
            parts += (kind, value if value and value == value else repr(value))
            return
        if is_argument and self._visit_array is not None and self._visit_array(value, name):
            return
        known = self._seen.get(id(value))
        if known is not None:
            parts += ("again", known)
            return
        if len(self._seen) >= _VALUE_LIMIT or len(parts) > 8 * _VALUE_LIMIT:
            raise UntoldError(f"it reads more than {_VALUE_LIMIT} values")
        self._seen[id(value)] = len(parts)
        self._alive.append(value)
        if kind is FunctionType:
            self._is("own", value) if self._is_trusted(value) else self.function(value)
        elif kind is tuple or kind is list or kind is deque:
            self._sequence(kind, value, name, is_argument)
        elif kind is dict or kind is OrderedDict or kind is MappingProxyType:
            parts += (kind, len(value))
            self._items(value, name, is_argument)
        elif kind is defaultdict:
            parts += (kind, len(value))
            self.value(value.default_factory)
            self._items(value, name, is_argument)
        elif kind is set or kind is frozenset:
            self._sequence(kind, value, name, False)
        elif isinstance(value, type):
            self._class(value)
        elif kind is BuiltinFunctionType:
            self._builtin_function(value)
        elif kind is ModuleType:
            if not self._require_pure(value):
                raise UntoldError(f"it has the module {value.__name__} as a value")
            self._is("module", value)
        elif kind is MethodType:
            parts.append(kind)
            self.value(value.__func__)
            self.value(value.__self__)
        else:
            self._rare(value, kind, name, is_argument)

    def _rare(self, value: Any, kind: type, name: str, is_argument: bool) -> None:
        parts = self.parts
        if kind is range or kind is slice:
            parts.append(kind)
            for item in (value.start, value.stop, value.step):
                self.value(item)
        elif kind.__module__ == "trnsim.run.kernel" and hasattr(value, "func"):
            # Within another one a kernel is its function.
            parts.append("kernel")
            self.value(value.func)
        elif isinstance(value, functools.partial):
            parts.append("partial")
            self.value(value.func)
            self.value(value.args)
            self._items(value.keywords)
        elif isinstance(value, (staticmethod, classmethod)):
            parts.append(kind)
            self.value(value.__func__)
        elif isinstance(value, property):
            parts.append(kind)
            for part in (value.fget, value.fset, value.fdel):
                self.value(part)
        elif isinstance(value, functools.cached_property):
            parts.append(kind)
            self.value(value.func)
        elif hasattr(value, "cache_parameters") and hasattr(value, "__wrapped__"):
            parts.append("cached")
            self.value(value.__wrapped__)
        elif isinstance(value, _DESCRIPTORS) or value is _MISSING or kind is DType or kind.__name__ == "_tuplegetter":
            self._is("own", value)
        elif kind is np.ndarray:
            self._array(value)
        elif isinstance(value, np.generic):
            parts += (kind, value.tobytes())
        elif isinstance(value, np.dtype):
            parts += ("dtype", repr(value))
        elif isinstance(value, np.ufunc) or kind.__module__ == "numpy" and callable(value):
            self._is("own", value)
        elif isinstance(value, enum.Enum):
            self._is("member", value)
            self.value(kind)
        elif kind is SimpleNamespace:
            parts.append(kind)
            self._items(vars(value), name)
        elif kind.__module__.startswith(("trnsim.nki.", "trnsim.neuronxcc.")) or kind.__module__ in ("typing", "types") \
                or kind.__module__.startswith("trnsim.") and not getattr(value, "__dict__", None) and not _slots(kind):
            # Words of the language: they have no state.
            self._is("own", value)
        else:
            self._object(value, kind, name, is_argument)

    def _is(self, what: str, value: Any) -> None:
        self.parts += (what, id(value))
        self.kept.append(value)

    def _require_few(self, value: Any) -> None:
        if len(value) > _VALUE_LIMIT:
            raise UntoldError(f"it reads more than {_VALUE_LIMIT} values")

    def _sequence(self, kind: type, value: Any, name: str, is_argument: bool) -> None:
        self._require_few(value)
        self.parts += (kind, len(value))
        for number, item in enumerate(value):
            self.value(item, f"{name}.{number}" if is_argument else "", is_argument)

    def _items(self, value: Any, name: str = "", is_argument: bool = False) -> None:
        self._require_few(value)
        for key, item in list(value.items()):
            self.value(key)
            self.value(item, f"{name}.{key}" if is_argument else "", is_argument)

    def _array(self, value: np.ndarray[Any, Any]) -> None:
        if value.dtype.hasobject:
            raise UntoldError("it reads an array of objects")
        self._bytes += value.nbytes
        if self._bytes > _BYTE_LIMIT:
            raise UntoldError(f"it reads arrays of more than {_BYTE_LIMIT} bytes")
        self.parts += ("array", repr(value.dtype), value.shape, value.tobytes())

    def _builtin_function(self, value: Any) -> None:
        owner = value.__self__
        if isinstance(owner, ModuleType) or owner is None:
            module = sys.modules.get(str(value.__module__)) if owner is None else owner
            name = getattr(module, "__name__", "").lstrip("_")
            root = name.partition(".")[0]
            if root not in _PURE and root != "trnsim" or value.__name__ in (_IMPURE_NUMPY if root == "numpy" else _IMPURE_BUILTINS):
                raise UntoldError(f"it names {name}.{value.__name__}")
        else:
            self.value(owner)
        self._is("own", value)

    def _class(self, value: type) -> None:
        self._is("class", value)
        root = str(value.__module__).partition(".")[0]
        if root == "trnsim" or root in _PURE and not value.__module__.startswith("numpy.random"):
            return
        if root in sys.stdlib_module_names:
            raise UntoldError(f"it names {value.__module__}.{value.__qualname__}")
        if not value.__flags__ & 1 << 9:
            raise UntoldError(f"it names {value.__module__}.{value.__qualname__}, which is not written in Python")
        for base in value.__bases__:
            self.value(base)
        if issubclass(value, enum.Enum):
            for item in [*(member.value for member in value), *vars(value).values()]:
                if not isinstance(item, (enum.Enum, enum.property, BuiltinFunctionType, MappingProxyType, dict, list)):
                    self.value(item)
            return
        is_dataclass = dataclasses.is_dataclass(value)
        for name, item in list(vars(value).items()):
            if name in _SILENT:
                continue
            self.parts.append(name)
            # What `dataclass` made follows from the fields.
            if is_dataclass and type(item) is FunctionType and _is_generated(item):
                self._is("own", item)
            else:
                self.value(item)

    def _object(self, value: Any, kind: type, name: str, is_argument: bool) -> None:
        """An object of a class that is written in Python."""
        if not kind.__flags__ & 1 << 9 or kind.__module__.partition(".")[0] in ("trnsim", "torch", "numpy"):
            raise UntoldError(f"it reads a {kind.__module__}.{kind.__qualname__}")
        self.parts.append("object")
        self.value(kind)
        for base in kind.__mro__:
            if base is tuple or base is list:
                self._sequence(base, value, name, is_argument)
            elif base is dict:
                self._items(dict.copy(value), name, is_argument)
            elif base in (int, float, str, bytes, set, frozenset):
                self.value(base(value))
            elif base is object or base.__flags__ & 1 << 9:
                for slot in _slots(base):
                    item = getattr(value, slot, _MISSING)
                    self.parts.append(slot)
                    self.value(item, f"{name}.{slot}" if is_argument else "", is_argument)
            elif not (base.__module__ in ("typing", "abc")):
                raise UntoldError(f"it reads a {kind.__module__}.{kind.__qualname__}")
        if hasattr(value, "__dict__"):
            self.parts.append(len(vars(value)))
            self._items(vars(value), name, is_argument)


def _is_generated(function: FunctionType) -> bool:
    wrapped = getattr(function, "__wrapped__", function)
    return wrapped.__code__.co_filename.startswith("<string>") or function.__code__.co_filename.startswith(_STDLIB)


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return tuple(name for name in ((slots,) if isinstance(slots, str) else slots) if name not in ("__dict__", "__weakref__"))


# What code names

_WIDE, _LOAD_CONST = opmap["EXTENDED_ARG"], opmap["LOAD_CONST"]
_SMALL = opmap.get("LOAD_SMALL_INT", -1)
_IMPORT, _FROM = opmap["IMPORT_NAME"], opmap["IMPORT_FROM"]
#: Operations that name something global, and those that name an attribute of what comes before; with what to shift away.
_GLOBALS = {opmap[name]: shift for name, shift in (
    ("LOAD_GLOBAL", 1 if sys.version_info >= (3, 11) else 0), ("LOAD_NAME", 0), ("STORE_GLOBAL", 0), ("DELETE_GLOBAL", 0),
    ("LOAD_FROM_DICT_OR_GLOBALS", 0)) if name in opmap}
_ATTRIBUTES = {opmap[name]: shift for name, shift in (
    ("LOAD_ATTR", 1 if sys.version_info >= (3, 12) else 0), ("LOAD_METHOD", 0)) if name in opmap}
_WATCHED = {*_GLOBALS, *_ATTRIBUTES, _IMPORT, _FROM}

#: By the identity of code, which is held.
_known: dict[int, tuple[CodeType, tuple[tuple[str, ...], ...]]] = {}
_KNOWN_LIMIT = 10_000


def _paths(code: CodeType) -> tuple[tuple[str, ...], ...]:
    """The global names that code and the code within it load, each with the attributes that it asks of it.

    Raises:
        UntoldError: if it imports what would have to be followed.
    """
    found = _known.get(id(code))
    if found is None:
        paths: dict[tuple[str, ...], None] = {}
        _scan(code, paths)
        if len(_known) >= _KNOWN_LIMIT:
            _known.clear()
        found = _known[id(code)] = (code, tuple(paths))
    return found[1]


def _scan(code: CodeType, paths: dict[tuple[str, ...], None]) -> None:
    names, codes, high = code.co_names, code.co_code, 0
    path: tuple[str, ...] = ()
    for at in range(0, len(codes), 2):
        operation = codes[at]
        if operation == 0:
            continue  # a cache of the operation before
        argument = codes[at + 1] | high
        high = argument << 8 if operation == _WIDE else 0
        if operation == _WIDE:
            continue
        if operation in _ATTRIBUTES and path:
            path = (*path, names[argument >> _ATTRIBUTES[operation]])
            continue
        if path:
            paths[path] = None
            path = ()
        if operation in _GLOBALS:
            path = (names[argument >> _GLOBALS[operation]],)
        elif operation == _IMPORT:
            _require_known_import(code, codes, at, names[argument])
    if path:
        paths[path] = None
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _scan(constant, paths)


def _require_known_import(code: CodeType, codes: bytes, at: int, name: str) -> None:
    """An import within a function: of modules that need not be followed."""
    level: Any = None
    if at >= 4:
        operation, argument = codes[at - 4], codes[at - 3]
        level = code.co_consts[argument] if operation == _LOAD_CONST else argument if operation == _SMALL else None
    root = name.partition(".")[0]
    if level != 0 or root not in _PURE and root not in ("trnsim", "nki", "neuronxcc") or name.startswith("numpy."):
        raise UntoldError(f"it imports {name}")


__all__ = ["Reads", "UntoldError"]
