"""Makes `import nki` mean this package's, without files of that name in the environment."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

#: Public name to module of this package.
ROOTS = {
    "nki": "trnsim.nki",
    "neuronxcc": "trnsim.neuronxcc",
    "nki_cpu_simulator": "trnsim.aliases.nki_cpu_simulator",
    "neuron_dtypes": "trnsim.aliases.neuron_dtypes",
    "torch_neuronx": "trnsim.aliases.torch_neuronx",
    "jax_neuronx": "trnsim.aliases.jax_neuronx",
}


def target_of(name: str) -> str | None:
    """The module of this package that a public name means."""
    root, _, rest = name.partition(".")
    found = ROOTS.get(root)
    if found is None:
        return None
    if root == "nki_cpu_simulator" and (rest == "nki" or rest.startswith("nki.")):
        return "trnsim.nki" + rest[3:]
    return f"{found}.{rest}" if rest else found


class _Loader(importlib.abc.Loader):
    def __init__(self, target: str) -> None:
        self.target = target
        self.spec: Any = None

    def create_module(self, spec: Any) -> ModuleType:
        module = importlib.import_module(self.target)
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Executed already, under its own name, which it keeps."""
        module.__spec__ = self.spec


class Finder(importlib.abc.MetaPathFinder):
    """Finds `nki…` and `neuronxcc…` in this package.

    It comes first, because modules within `nki` would otherwise be loaded twice, under both names; without
    `shadow` it steps back where another distribution has the name.
    """

    shadow = False

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        found = target_of(fullname)
        if found is None:
            return None
        root = fullname.partition(".")[0]
        if not self.shadow:
            if root != fullname and not _is_ours(sys.modules.get(root)):
                return None
            if root == fullname and _others_have(root):
                return None
        try:
            if importlib.util.find_spec(found) is None:
                return None
        except ModuleNotFoundError:
            return None
        module = importlib.import_module(found)
        spec = importlib.machinery.ModuleSpec(fullname, _Loader(found), is_package=hasattr(module, "__path__"))
        return spec


_finder = Finder()


def _is_ours(module: Any) -> bool:
    return getattr(module, "__name__", "").startswith("trnsim")


def _others_have(root: str) -> bool:
    """Whether another distribution provides the name."""
    for finder in sys.meta_path:
        if finder is _finder:
            continue
        try:
            if finder.find_spec(root, None) is not None:
                return True
        except (AttributeError, ImportError, ValueError):
            continue
    return False


def install(*, shadow: bool = False) -> bool:
    """Makes `nki` and `neuronxcc.nki` importable.

    A real installation is left alone unless `shadow` is true. Returns whether the names now mean this
    package.
    """
    _finder.shadow = shadow
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    if shadow:
        for name in list(sys.modules):
            if name.partition(".")[0] in ROOTS and not _is_ours(sys.modules[name]):
                del sys.modules[name]
        return True
    return not any(root in sys.modules and not _is_ours(sys.modules[root]) or _others_have(root)
                   for root in ("nki", "neuronxcc"))


def uninstall() -> None:
    """Takes the names back."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name in list(sys.modules):
        if name.partition(".")[0] in ROOTS:
            del sys.modules[name]
