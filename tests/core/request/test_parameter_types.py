"""The types of parameters, which tests/test_derived.py compares with the table."""

from __future__ import annotations

from chat_magic.core.request.parameter_types import Parameters
from chat_magic.core.request.parameters import PARAMETERS


def test_every_parameter_may_be_left_out():
    """The keys are those of the table, and none is required."""
    assert set(Parameters.__optional_keys__) == set(PARAMETERS)
    assert not Parameters.__required_keys__
