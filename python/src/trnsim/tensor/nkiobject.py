"""`NKIObject`: classes of kernels, whose plain attributes are fields."""

from __future__ import annotations

from typing import Any


class NKIObject:
    """Base of classes that kernels use.

    Attributes without annotation are fields too, fields without a value are None, and a class without
    `@dataclass` gets an `__init__` that takes its fields by name and calls `__post_init__`.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        annotations = dict(cls.__dict__.get("__annotations__", {}))
        fields: dict[str, Any] = {}
        for name in [*annotations, *[n for n in cls.__dict__ if n not in annotations]]:
            if name in annotations:
                fields[name] = annotations[name]
                if name not in cls.__dict__:
                    setattr(cls, name, None)
                continue
            value = cls.__dict__[name]
            if name.startswith("__") or callable(value) or isinstance(
                    value, (property, staticmethod, classmethod)) or hasattr(value, "__get__"):
                continue
            fields[name] = Any
        if fields:
            cls.__annotations__ = fields

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names: list[str] = []
        for kind in reversed(type(self).__mro__):
            for name in kind.__dict__.get("__annotations__", {}):
                if name not in names:
                    names.append(name)
        if len(args) > len(names):
            raise TypeError(f"{type(self).__name__} takes {len(names)} fields, got {len(args)}")
        values = dict(zip(names, args))
        for name, value in kwargs.items():
            if name in values:
                raise TypeError(f"{type(self).__name__} got '{name}' twice")
            values[name] = value
        for name, value in values.items():
            setattr(self, name, value)
        post = getattr(self, "__post_init__", None)
        if post is not None:
            post()
