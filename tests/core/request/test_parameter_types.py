"""The types of parameters: the generated module says what the table says."""

from __future__ import annotations

import pytest

from chat_magic.core.request.parameter_types import Parameters
from chat_magic.core.request.parameters import PARAMETERS
from tests.generated import parameter_types


def test_the_generated_module_is_up_to_date():
    """A failure prints the corrected text."""
    corrected = parameter_types.source()
    if parameter_types.PATH.read_text("utf-8") != corrected:
        pytest.fail(f"parameter_types.py has drifted; it must be:\n{corrected}", pytrace=False)


def test_every_parameter_may_be_left_out():
    """The keys are those of the table, and none is required."""
    assert set(Parameters.__optional_keys__) == set(PARAMETERS)
    assert not Parameters.__required_keys__
