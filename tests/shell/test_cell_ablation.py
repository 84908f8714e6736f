"""Cells with `--ablate`: their plan, their errors, and what they return."""

from __future__ import annotations

import pytest

from chat_magic import InvalidRequest
from chat_magic.engine.session import default_session
from chat_magic.shell.cell_runner import CellRunner
from tests.engine.test_ablate import _nothing_is_known, vllm_where  # noqa: F401

BODY = "Be brief. Be kind."


def plan(line, body=BODY):
    """Plan a cell."""
    runner = CellRunner(default_session(), {}, lambda: None)
    return runner.plan(runner.read(f"%%chat {line}\n{body}"))


@pytest.mark.parametrize(("unit", "count"), [("sentence", 2), ("line", 1), ("word", 4)])
def test_a_cell_leaves_out_the_segments_of_its_prompt(unit, count):
    """By the unit that it names."""
    planned = plan(f"local --ablate {unit}")
    assert planned.ablation.by == unit
    assert len(planned.ablation.segments) == count
    assert planned.calls.models == "local"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--ablate lines", r"--ablate 'lines': must be one of .*did you mean line\?"),
        ("--ablate message", "--ablate message: the prompt has no segment of this kind"),
        ("--ablate sentence --models a,b", "--ablate: a grid has several prompts"),
        ('--ablate sentence --score "a|b"', "--ablate and --score exclude each other"),
        ("--ablate sentence --thread t", "--ablate and --thread exclude each other"),
        ("--ablate sentence --check 'a=1'", "--ablate and --check exclude each other"),
        ("--ablate sentence --truth a", "--ablate and --truth exclude each other"),
        (
            "--ablate sentence --labels a,b --labels-at /x",
            "--ablate and --labels-at exclude each other",
        ),
    ],
)
def test_a_cell_that_cannot_be_ablated_is_an_error_on_line_1(line, words, history_file):
    """It names the option."""
    with pytest.raises(InvalidRequest, match=words) as caught:
        plan(line if "models" in line else f"local {line}")
    assert caught.value.line == 1


def test_a_cell_returns_its_ablation(gateway):
    """With the prompt as it was rendered."""
    gateway(vllm_where({"brief": 0.5}))
    runner = CellRunner(default_session(), {"how": "brief"}, lambda: None)
    text = "%%chat a/b --ablate sentence\nBe {{ how }}. Be kind."
    planned = runner.plan(runner.read(text))
    assert [segment.text for segment in planned.ablation.segments] == ["Be brief.", " Be kind."]


def test_labels_are_compared_in_the_place_of_an_answer():
    """By the option that names them."""
    planned = plan("local --ablate sentence --labels good,bad")
    assert planned.ablation.labels == ("good", "bad")
    assert planned.ablation.size == "2 segments by sentence: 3 requests"
