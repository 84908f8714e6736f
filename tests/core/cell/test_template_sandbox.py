"""The sandbox of templates by others."""

from __future__ import annotations

import pytest

from chat_magic import InvalidRequest
from chat_magic.core.cell.template import SandboxedVariables, TrackedVariables, render_text


def test_the_same_template_is_trusted_in_a_cell():
    """Only the variables say that a template is someone else's."""
    variables = {"f": lambda: "called"}
    assert render_text("{{ f() }}", variables) == "called"
    for sandboxed in (
        SandboxedVariables(variables),
        TrackedVariables(variables, set(), is_sandboxed=True),
    ):
        with pytest.raises(InvalidRequest, match="not safely callable"):
            render_text("{{ f() }}", sandboxed)


def test_a_name_of_the_notebook_does_not_pass_for_a_builtin():
    """A function called `len` is the notebook's."""
    with pytest.raises(InvalidRequest, match="not safely callable"):
        render_text("{{ len(1) }}", SandboxedVariables({"len": lambda _value: 5}))
    assert render_text("{{ len([1]) }}", SandboxedVariables()) == "1"
