"""Which faults of a row end the whole map, because no other row can pass them."""

from __future__ import annotations

import re

from chat_magic.errors import ApiError

__all__ = ["AlikeFaults", "ends_the_map"]

MANY = 20
"""The first rows, which end the map if all of them fail alike."""
_FOR_ALL = (401, 403)
_NO_MODEL = re.compile(
    r"model_?not_?found|\bmodel\b.{0,200}\b(?:not found|does(?: not|n't) exist|unknown|invalid)"
    r"|\b(?:unknown|invalid|no such) model\b|not a valid model",
    re.IGNORECASE | re.DOTALL,
)
_VARYING = re.compile(r"; request \S+$|[0-9a-f]{8}[0-9a-f-]*|\d+")


def ends_the_map(error: Exception) -> bool:
    """Whether a server's refusal holds for every row: the key, its rights, or an unknown model."""
    if not isinstance(error, ApiError):
        return False
    is_unknown = error.status in (400, 404) and _NO_MODEL.search(str(error))
    return error.status in _FOR_ALL or error.status == 404 or bool(is_unknown)


class AlikeFaults:
    """Counts how the first rows end, as long as all of them fail alike."""

    def __init__(self) -> None:
        self.first: Exception | None = None
        """The fault of the first row."""
        self.n_rows = 0
        """Rows that have failed so."""
        self._is_over = False

    def add(self, error: Exception | None) -> bool:
        """Count a row, `error` being None if it was answered; return whether the map must end."""
        if self._is_over:
            return False
        if error is None or (self.first is not None and kind_of(error) != kind_of(self.first)):
            self._is_over, self.first = True, None
            return False
        self.first = self.first or error
        self.n_rows += 1
        return self.n_rows >= MANY


def kind_of(error: Exception) -> tuple[type[Exception], int | None, str]:
    """Return what faults that are alike have in common: without numbers and identifiers."""
    status = error.status if isinstance(error, ApiError) else None
    return type(error), status, _VARYING.sub("#", str(error))
