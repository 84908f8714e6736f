"""Which faults end a map."""

from __future__ import annotations

import pytest

from chat_magic.engine.map.map_faults import MANY, AlikeFaults, ends_the_map
from chat_magic.errors import ApiError, ConnectionFailed, InvalidRequest


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ApiError("wrong key", status=401), True),
        (ApiError("not yours", status=403), True),
        (ApiError("nothing here", status=404), True),
        (ApiError("The model `x` does not exist", status=400), True),
        (ApiError("a/b is not a valid model ID", status=400), True),
        (ApiError("model_not_found", status=400), True),
        (ApiError("this model's maximum context length is 4096", status=400), False),
        (ApiError("content filtered", status=400), False),
        (ApiError("broken", status=500), False),
        (InvalidRequest("no"), False),
        (ConnectionFailed("refused"), False),
    ],
)
def test_a_refusal_that_holds_for_every_row_ends_the_map(error, expected):
    """The key, its rights, the address or the model."""
    assert ends_the_map(error) is expected


def test_the_first_rows_that_fail_alike_end_it():
    """Numbers and identifiers do not count."""
    faults = AlikeFaults()
    ends = [faults.add(ApiError(f"bad row {n}; request req-{n}", status=400)) for n in range(MANY)]
    assert ends == [False] * (MANY - 1) + [True]
    assert str(faults.first).startswith("bad row 0")


@pytest.mark.parametrize("other", [None, ApiError("else", status=400), ConnectionFailed("bad")])
def test_one_row_that_ends_otherwise_is_enough(other):
    """From then on rows may fail."""
    faults = AlikeFaults()
    faults.add(ApiError("bad", status=400))
    faults.add(other)
    assert not any(faults.add(ApiError("bad", status=400)) for _ in range(100))
