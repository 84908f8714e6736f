"""UNSET, which stands for a parameter that is not sent."""

from __future__ import annotations

import enum
from typing import Final


class Unset(enum.Enum):
    """The type of `UNSET`."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return self.name


UNSET: Final = Unset.UNSET
"""Stands for a parameter that is not sent, even where it has a default."""
