"""`nki.dtype`: the element types."""

from .language.dtypes import *  # noqa: F403
from .language.dtypes import bool_

__all__ = ["bool_"]
