"""A result is drawn three times from the same values."""

from __future__ import annotations

import json

import pytest

from chat_magic.view.bundle import MIME_TYPE, ComparisonView, bundle
from tests.view.sized_runs import sized_run


def test_a_bundle_has_three_layers_and_never_markdown(make_run, make_choice, names) -> None:
    drawn = bundle([make_run(make_choice(names))])
    assert list(drawn) == [MIME_TYPE, "text/html", "text/plain"]
    assert MIME_TYPE == "application/vnd.chat-magic.result.v1+json"


def test_all_layers_say_the_same(make_run, make_choice, names) -> None:
    drawn = bundle([make_run(make_choice(names), cost=0.0007, warnings=("a notice",))])
    for said in ("Charlotte", "openai/gpt-4o", "a notice", "0.0007", "31"):
        assert all(said in json.dumps(layer) for layer in drawn.values())


def test_several_runs_are_one_bundle(make_run, make_choice) -> None:
    runs = [make_run(make_choice(text="a")), make_run(make_choice(text="b"), model="c/d")]
    drawn = bundle(runs)
    assert [result["model"] for result in drawn[MIME_TYPE]["results"]] == ["openai/gpt-4o", "c/d"]
    assert drawn["text/plain"].count("1.2 s") == 2


def test_a_view_of_a_comparison_opens_with_the_differences(make_run, make_choice) -> None:
    run = make_run(make_choice(text="a b"), make_choice(text="a c", index=1))
    drawn = ComparisonView([run], base=1)._repr_mimebundle_()
    assert drawn[MIME_TYPE]["comparison"]["opens"] == "diff"
    assert drawn[MIME_TYPE]["comparison"]["base"] == 1
    assert drawn["text/plain"].startswith("0 compared with 1: a[- c-]{+ b+}")
    assert drawn["text/html"].index("</ins>") < drawn["text/html"].index("answers</summary>")


def test_a_comparison_can_count_white_space_for_nothing(make_run, make_choice) -> None:
    """Its base is then the text that came most often but for that, in the table too."""
    texts = ["c", "a b", "a\n b "]
    run = make_run(*(make_choice(text=text, index=index) for index, text in enumerate(texts)))
    exact, loose = (ComparisonView([run], ignore_whitespace=ignore) for ignore in (False, True))
    groups = [
        view._repr_mimebundle_()[MIME_TYPE]["comparison"]["groups"] for view in (exact, loose)
    ]
    assert groups == [[[0], [1], [2]], [[1, 2], [0]]]
    assert set(exact.table["base_choice"]) == {0}
    assert set(loose.table["base_choice"]) == {1}


def stored_bytes(run) -> int:
    """Return what the output of a run takes in a notebook's file."""
    return len(json.dumps(bundle([run]), indent=1, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    ("n_choices", "n_tokens", "top", "most"),
    [
        (1, 300, 10, 90_000),
        (1, 350, 10, 90_000),
        (1, 351, 10, 90_000),
        (3, 300, 10, 90_000),
        (128, 500, 5, 1_500_000),
    ],
)
def test_an_output_takes_little_room_in_a_notebook(n_choices, n_tokens, top, most) -> None:
    """All layers together, though the model was unsure of half of the tokens."""
    assert stored_bytes(sized_run(n_choices, n_tokens, top)) <= most


def test_the_static_picture_of_many_tokens_counts_them_and_names_the_least_sure() -> None:
    """It underlines at most 45 words of all answers; scripts draw the tokens from the payload."""
    html = bundle([sized_run(3, 300, 10)])["text/html"]
    assert html.count("<u ") <= 45
    assert html.count("tokens by probability: ≥ 50%: ") == 3
    assert "underlined under " in html


def test_the_static_picture_of_very_many_answers_has_their_beginnings() -> None:
    """And says where they are whole."""
    run = sized_run(128, 160, 1)
    drawn = bundle([run])
    last = run.reply.choices[-1].text
    assert "The whole answers are drawn where scripts run" in drawn["text/html"]
    assert last not in drawn["text/html"]
    assert drawn[MIME_TYPE]["results"][0]["choices"][-1]["text"] == last


def test_tokens_that_are_asked_for_are_drawn_however_many_there_are() -> None:
    """As by `.inspect()`."""
    run = sized_run(1, 600, 2)
    drawn = bundle([run], opens_tokens=True)["text/html"]
    assert drawn.count("<u ") > 100
