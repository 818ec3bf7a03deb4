"""What is varied: names and values of the user as axes of the core, and the arguments of each combination."""

from __future__ import annotations

import difflib
import inspect
import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core import open_core
from ..record.context import target_name
from ..tensor.arrays import is_array

#: What `vary` takes: by name, or by several names for what varies together, the values or the values by their labels.
Vary = Mapping[Any, Any]


@dataclass(frozen=True)
class Axis:
    """One thing that is varied, or several together."""

    #: As the core names them: a parameter, `hardware`, `set:PATH`, `scale:PART`.
    names: tuple[str, ...]
    #: By value and name.
    values: tuple[tuple[Any, ...], ...]
    #: By value and name: what tables show.
    labels: tuple[tuple[str, ...], ...]

    @property
    def name(self) -> str:
        return ",".join(self.names)

    @property
    def texts(self) -> list[str]:
        """Its values for the core, which takes parts of several names with colons between."""
        return [":".join(labels) for labels in self.labels]


@dataclass(frozen=True)
class Recorded:
    """A combination that needs a program of its own."""

    hardware: str
    #: By parameter: value and label.
    parameters: Mapping[str, tuple[Any, str]]

    def lines(self, subject: str) -> str:
        """The variant's text for the core."""
        return "\n".join([subject, self.hardware, *[f"{name}={label}" for name, (_, label) in sorted(self.parameters.items())]])


def read(vary: Vary, function: Callable[..., Any], target: str) -> list[Axis]:
    """The axes of a user's `vary`.

    Raises:
        ValueError: for a name that is neither a parameter nor of the machine, values that look the same, or none.
    """
    if not vary:
        raise ValueError("nothing is varied\n  help: vary={\"tile_n\": [128, 256, 512]}")
    found: list[Axis] = []
    for key, given in vary.items():
        several = isinstance(key, tuple)
        keys = key if several else (key,)
        labelled = given.items() if isinstance(given, Mapping) else [(None, value) for value in _listed(given, key)]
        values, labels = [], []
        for label, value in labelled:
            parts = tuple(value) if several else (value,)
            if len(parts) != len(keys):
                raise ValueError(f"{value!r} has not {len(keys)} parts, one for each of {', '.join(map(str, keys))}")
            values.append(parts)
            labels.append(tuple(_label(part, part_key) for part, part_key in zip(parts, keys)) if label is None or several
                          else (_line(str(label)),))
        repeated = [label for index, label in enumerate(labels) if label in labels[:index]]
        if repeated:
            raise ValueError(f"two values of {key!r} are called '{':'.join(repeated[0])}'\n  help: name them: vary={{{key!r}: "
                             "{\"first\": …, \"second\": …}}")
        if not values:
            raise ValueError(f"{key!r} has no values")
        names = tuple(_name(part, function, target, labels[0][index]) for index, part in enumerate(keys))
        found.append(Axis(names, tuple(values), tuple(labels)))
    return found


def _listed(given: Any, key: Any) -> list[Any]:
    if isinstance(given, (str, bytes)) or not hasattr(given, "__iter__"):
        raise ValueError(f"the values of {key!r} are {given!r}\n  help: write a list: [{given!r}]")
    return list(given)


def _name(key: str, function: Callable[..., Any], target: str, label: str) -> str:
    """The core's name of what a key sets: the kernel's own parameters win."""
    parameters = inspect.signature(function).parameters
    if key in parameters:
        return key
    if key == "hardware" or key.startswith(("set:", "scale:")):
        return key
    values, errors = open_core().hardware(target, [f"{key}={label}"])
    if values is not None or "." in key:
        return f"set:{key}"
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return key
    near = difflib.get_close_matches(key, [*parameters, "hardware"], 1)
    remedy = f"did you mean '{near[0]}'?" if near else f"its parameters are {', '.join(parameters)}; of the machine: hardware, " \
        "names with dots such as dma.bytes_per_cycle, and scale:hbm.bandwidth"
    raise ValueError(f"'{key}' is no parameter of '{function.__name__}' and nothing of the machine\n  help: {remedy}")


def _label(value: Any, key: str) -> str:
    if key == "hardware":
        return target_name(str(value))
    if is_array(value):
        return _line(f"{value.dtype}{list(value.shape)}")
    if isinstance(value, str):
        return _line(value)
    name = getattr(value, "__name__", None)
    return _line(name if isinstance(name, str) else repr(value))


def _line(text: str) -> str:
    return " ".join(text.split())


def joined(axes: Sequence[Axis], count: int, seed: int) -> list[Axis]:
    """So many combinations drawn at random, as one axis; all axes as they are if there are no more."""
    total = 1
    for axis in axes:
        total *= len(axis.values)
    if count >= total:
        return list(axes)
    chosen = sorted(random.Random(seed).sample(range(total), count))
    values, labels = [], []
    for number in chosen:
        indices: list[int] = []
        for axis in reversed(axes):
            number, index = divmod(number, len(axis.values))
            indices.insert(0, index)
        values.append(tuple(itertools.chain.from_iterable(axis.values[index] for axis, index in zip(axes, indices))))
        labels.append(tuple(itertools.chain.from_iterable(axis.labels[index] for axis, index in zip(axes, indices))))
    return [Axis(tuple(name for axis in axes for name in axis.names), tuple(values), tuple(labels))]


def recordings(axes: Sequence[Axis], hardware: str) -> Iterator[Recorded]:
    """What must be recorded, each once: values of the machine alone change no program."""
    parts = []
    for axis in axes:
        kept = [index for index, name in enumerate(axis.names) if name == "hardware" or not name.startswith(("set:", "scale:"))]
        choices = {}
        for values, labels in zip(axis.values, axis.labels):
            choices[tuple(labels[index] for index in kept)] = [(axis.names[index], values[index], labels[index]) for index in kept]
        parts.append(list(choices.values()))
    for combination in itertools.product(*parts):
        chosen = {name: (value, label) for settings in combination for name, value, label in settings}
        machine = chosen.pop("hardware", (None, hardware))[1]
        yield Recorded(machine, chosen)
