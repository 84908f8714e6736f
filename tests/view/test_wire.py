"""The fixtures that TypeScript reads are what Python makes."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest

from tests.wire import make_comparison, make_inspector, make_rows
from tests.wire.fixtures import FOLDER, written


def inflated(value: Any) -> Any:
    """Return a fixture with its blocks as they are before compression, which zlibs do unlike."""
    if isinstance(value, dict):
        block = value.get("alternatives")
        data = zlib.decompress(base64.b64decode(block)).hex() if block else ""
        return {k: data if k == "alternatives" else inflated(v) for k, v in value.items()}
    return [inflated(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("module", [make_inspector, make_comparison, make_rows])
def test_a_fixture_is_what_is_made_now(module) -> None:
    """Where it is not: python -m of the module that makes it."""
    for name, make in module.FIXTURES.items():
        stored = (FOLDER / name).read_text()
        assert inflated(json.loads(stored)) == inflated(json.loads(written(make()))), name
