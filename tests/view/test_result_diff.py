"""What changed from one execution to another, as a value."""

from __future__ import annotations

import json

from tests.view.result_diffs import diff


def test_it_has_what_changed_in_prompt_and_answer():
    """The model is the first of the parameters."""
    found = diff(("Name a cat", "Tom"), ("Name a dog", "Rex"), model="c/d", temperature=0.8)
    assert [change.name for change in found.prompt.parameters] == ["model", "temperature"]
    assert found.answers.kind == "text"
    assert repr(found) == "<ResultDiff #3 → #7>"


def test_it_is_plain_json_for_the_labextension():
    """No lone surrogate, no NaN, no tuple."""
    plain = diff(("Hi", "Tom\ud800"), ("Hi", "Rex", "Félix")).plain()
    assert plain == json.loads(json.dumps(plain).encode())
    assert plain["prompt"] == {
        "note": "the same prompt and parameters",
        "parameters": [],
        "messages": [],
    }
    names = [name for name, _before, _after in plain["answers"]["rows"]]
    assert names == ["Tom\ufffd", "Rex", "Félix"]


def test_the_labextension_gets_only_what_changed():
    """Each change with its kind."""
    plain = diff(("Name a cat", "Tom"), ("Name a dog", "Tom"), temperature=1).plain()
    assert plain["prompt"]["parameters"] == [["temperature", "not set", "1"]]
    assert plain["prompt"]["messages"] == [
        {"role": "user", "changes": [["same", "Name a"], ["delete", " cat"], ["insert", " dog"]]}
    ]
    assert plain["answers"] == {"note": "the same answers", "changes": [], "rows": []}


def test_it_is_drawn_as_text_and_html():
    """And never as Markdown, in which the text of a model would be rendered."""
    bundle = diff(("Hi", "Tom"), ("Hi", "Rex"))._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
