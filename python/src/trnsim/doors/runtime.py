"""The vendor's runtime library for Python programs that call it through ctypes: models are NEFFs of ours, tensors are bytes here.

Signatures are those that public programs declare. Times of calls are the host's: simulated ones are `neuron-profile capture`'s.
"""

from __future__ import annotations

import ctypes
import io
import itertools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import printable
from ..run.artifacts import load_neff
from ..run.runtime import NrtModel
from ..tensor.dtypes import as_dtype

SUCCESS, FAILURE, INVALID = 0, 1, 2

#: Numbers of element types, as programs number them that find no header of the library.
_DTYPES = {"float32": 1, "float16": 2, "bfloat16": 3, "int8": 4, "uint8": 5, "int16": 6, "uint16": 7, "int32": 8, "uint32": 9}
_INPUT, _OUTPUT = 0, 1


class _TensorInfo(ctypes.Structure):
    """What a model says of a tensor."""

    _fields_ = [("name", ctypes.c_char * 256), ("usage", ctypes.c_int), ("size", ctypes.c_size_t), ("dtype", ctypes.c_int),
                ("shape", ctypes.POINTER(ctypes.c_uint32)), ("ndim", ctypes.c_uint32)]


class _Function:
    """A function of the library; `restype` and `argtypes` are whatever the program sets."""

    restype: Any = None
    argtypes: Any = None

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        try:
            return self._function(*arguments)
        except Exception as error:
            # Programs of C see a number.
            print(printable(f"error: {error}"), file=sys.stderr)
            return FAILURE


class _Model:
    """A model that is loaded."""

    def __init__(self, content: bytes) -> None:
        neff = load_neff(io.BytesIO(content))
        self.model = NrtModel(neff)
        tensors = {tensor["name"]: tensor for tensor in neff.manifest["tensors"][0]}
        self.inputs = [(name, tensors[name]["dtype"], tuple(tensors[name]["shape"])) for name in neff.manifest["inputs"]]
        self.outputs = [(f"output{number}", view["dtype"], tuple(view["shape"])) for number, view in enumerate(neff.manifest["returned"])]
        #: What outputs are of.
        self.computed: list[bytes] | None = None


def _size(dtype: str, shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64)) * as_dtype(dtype).itemsize


def _number(argument: Any) -> int:
    """A pointer that is passed by value."""
    found = getattr(argument, "value", argument)
    return int(found or 0)


def _place(argument: Any) -> Any:
    """What `byref` refers to."""
    return argument._obj if hasattr(argument, "_obj") else argument.contents


class Runtime:
    """In the place of `ctypes.CDLL("libnrt.so")`."""

    def __init__(self) -> None:
        self._objects: dict[int, Any] = {}
        self._numbers = itertools.count(1 << 20)
        self._kept: dict[int, Any] = {}
        for name in dir(type(self)):
            if name.startswith("_nrt_"):
                setattr(self, name[1:], _Function(getattr(self, name)))

    def _new(self, value: Any, pointer: Any) -> int:
        number = next(self._numbers)
        self._objects[number] = value
        _place(pointer).value = number
        return SUCCESS

    def _forget(self, pointer: Any) -> int:
        self._objects.pop(_number(_place(pointer)), None)
        return SUCCESS

    def _nrt_init(self, *_: Any) -> int:
        return SUCCESS

    def _nrt_close(self) -> int:
        self._objects.clear()
        self._kept.clear()
        return SUCCESS

    def _nrt_load(self, content: Any, size: int, _start: int, _count: int, model: Any) -> int:
        return self._new(_Model(bytes(content)[:size] if isinstance(content, bytes) else ctypes.string_at(content, size)), model)

    def _nrt_unload(self, model: Any) -> int:
        return SUCCESS if self._objects.pop(_number(model), None) is not None else INVALID

    def _nrt_get_model_tensor_info(self, model: Any, info: Any) -> int:
        """A count and as many `_TensorInfo`, in one piece."""
        found: _Model = self._objects[_number(model)]
        described = [(_INPUT, tensor) for tensor in found.inputs] + [(_OUTPUT, tensor) for tensor in found.outputs]
        memory = ctypes.create_string_buffer(8 + len(described) * ctypes.sizeof(_TensorInfo))
        ctypes.c_uint64.from_buffer(memory).value = len(described)
        infos = (_TensorInfo * len(described)).from_buffer(memory, 8)
        kept: list[Any] = [memory]
        for one, (usage, (name, dtype, shape)) in zip(infos, described):
            extents = (ctypes.c_uint32 * len(shape))(*shape)
            kept.append(extents)
            one.name, one.usage, one.size = name.encode()[:255], usage, _size(dtype, shape)
            # Types without a number of their own are bytes.
            one.dtype = _DTYPES.get(dtype, _DTYPES["uint8"])
            one.shape, one.ndim = ctypes.cast(extents, ctypes.POINTER(ctypes.c_uint32)), len(shape)
        address = ctypes.addressof(memory)
        self._kept[address] = kept
        _place(info).value = address
        return SUCCESS

    def _nrt_free_model_tensor_info(self, info: Any) -> int:
        self._kept.pop(_number(info), None)
        return SUCCESS

    def _nrt_allocate_tensor_set(self, tensors: Any) -> int:
        return self._new({}, tensors)

    def _nrt_destroy_tensor_set(self, tensors: Any) -> int:
        return self._forget(tensors)

    def _nrt_tensor_allocate(self, _placement: int, _core: int, size: int, _name: Any, tensor: Any) -> int:
        return self._new(bytearray(size), tensor)

    def _nrt_tensor_free(self, tensor: Any) -> int:
        return self._forget(tensor)

    def _nrt_tensor_write(self, tensor: Any, source: Any, offset: int, size: int) -> int:
        memory: bytearray = self._objects[_number(tensor)]
        if offset + size > len(memory):
            return INVALID
        memory[offset:offset + size] = ctypes.string_at(source, size)
        return SUCCESS

    def _nrt_tensor_read(self, tensor: Any, target: Any, offset: int, size: int) -> int:
        memory: bytearray = self._objects[_number(tensor)]
        if offset + size > len(memory):
            return INVALID
        ctypes.memmove(target, bytes(memory[offset:offset + size]), size)
        return SUCCESS

    def _nrt_add_tensor_to_tensor_set(self, tensors: Any, name: Any, tensor: Any) -> int:
        self._objects[_number(tensors)][bytes(name).decode()] = self._objects[_number(tensor)]
        return SUCCESS

    def _nrt_execute(self, model: Any, inputs: Any, outputs: Any) -> int:
        """Runs the model; on the same inputs as before nothing is to be done."""
        found: _Model = self._objects[_number(model)]
        given, taken = self._objects[_number(inputs)], self._objects[_number(outputs)]
        contents = [bytes(given[name]) for name, _, _ in found.inputs]
        if contents != found.computed:
            arrays = [np.frombuffer(content, as_dtype(dtype).numpy).reshape(shape)
                      for content, (_, dtype, shape) in zip(contents, found.inputs)]
            result = found.model(*arrays)
            results = result if isinstance(result, tuple) else (result,)
            for (name, _, _), array in zip(found.outputs, results):
                taken[name][:] = np.ascontiguousarray(array).tobytes()
            found.computed = contents
        return SUCCESS
