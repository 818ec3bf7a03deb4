"""`nki.language.dtypes`: the element types."""

from __future__ import annotations

from ...tensor.dtypes import ALL as _ALL
from ...tensor.dtypes import DType, as_dtype

globals().update({name: kind for name, kind in _ALL.items() if name != "bool"})
bool_ = _ALL["bool"]
__all__ = ["DType", "as_dtype", "bool_", *[name for name in _ALL if name != "bool"]]
