"""A `%%chat` cell in a real JupyterLab: streaming, one output, there again after reopening."""

from __future__ import annotations

import threading

from playwright.sync_api import expect

from tests.completions import completion, delta
from tests.gateway import Gateway, Wait, events, streamed, whole

ANSWER_MS = 60_000


def run_all(page):
    """Run all cells of the open notebook, without waiting for them."""
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")


def answered(scope):
    """Return the times to the first token of the answers that are complete, as they are drawn."""
    return scope.locator(".chm-header").get_by_text("to first token")


def save(page):
    """Save the open notebook."""
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")


def test_an_answer_streams_and_leaves_one_output_that_survives_reopening(lab, page, at_gateway):
    """Text is on the page before the answer is complete; later it is all still there."""
    seen = threading.Event()
    steps = [delta("First words"), Wait(seen), delta(" and the last", finish_reason="stop")]
    with Gateway(events(*steps, b"data: [DONE]\n\n")) as gateway:
        at_gateway("stream.ipynb", gateway, "%%chat a/b\nSpeak")
        lab.open(page, "stream.ipynb")
        run_all(page)
        page.get_by_text("First words").wait_for(timeout=ANSWER_MS)
        assert not page.get_by_text("and the last").is_visible()
        seen.set()
        page.get_by_text("First words and the last").first.wait_for(timeout=ANSWER_MS)
        answered(page).wait_for(timeout=ANSWER_MS)
    assert page.locator(".jp-OutputArea-output").count() == 1
    save(page)
    page.goto("about:blank")
    lab.open(page, "stream.ipynb")
    page.get_by_text("First words and the last").first.wait_for(timeout=ANSWER_MS)
    assert page.locator(".jp-OutputArea-output").count() == 1


def test_what_a_model_writes_runs_nothing_in_the_page(lab, page, at_gateway):
    """Scripts, handlers and javascript: links are text; no image is loaded."""
    hostile = (
        "<img src=x onerror='window.pwned=1'><script>window.pwned=2</script>\n\n"
        "[click](javascript:window.pwned=3) ![i](http://127.0.0.1:9/leak.png)"
    )
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    with Gateway(streamed(completion(hostile, n_top=2))) as gateway:
        at_gateway("hostile.ipynb", gateway, "%%chat a/b --top-logprobs 2\nHi")
        lab.open(page, "hostile.ipynb")
        run_all(page)
        answered(page).wait_for(timeout=ANSWER_MS)
    assert page.evaluate("() => window.pwned") is None
    assert not [url for url in requests if "leak" in url]
    assert page.locator(".jp-OutputArea-output img, .jp-OutputArea-output script").count() == 0


def test_the_local_model_answers_with_probabilities_side_by_side(lab, page):
    """The real server, two choices, and the line that says what the model was unsure of."""
    lab.write(
        "local.ipynb",
        "%load_ext chat_magic",
        "%%chat local -n 2 -t 1 --top-logprobs 5 --max-completion-tokens 30 --seed 4\n"
        "user: Invent a name for a cat.",
    )
    lab.open(page, "local.ipynb")
    run_all(page)
    page.get_by_text("unsure:").wait_for(timeout=ANSWER_MS)
    output = page.locator(".jp-OutputArea-output")
    expect(output).to_have_count(1)
    expect(output.get_by_text("perplexity")).to_have_count(2)


def test_a_grid_streams_side_by_side_under_a_bar(lab, page, at_gateway):
    """One that failed says why in its column; in a narrow page they stand below each other."""
    seen = threading.Event()

    def answer(request):
        if request.json["model"] == "c/d":
            return whole({"error": {"message": "no such model"}}, status=404)
        last = delta(f" and {request.json['model']}", finish_reason="stop")
        return events(delta("First"), Wait(seen), last)

    with Gateway(answer) as gateway:
        at_gateway("grid.ipynb", gateway, "%%chat --models a/b,c/d,e/f\nSpeak")
        lab.open(page, "grid.ipynb")
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        run_all(page)
        columns = page.locator(".chm-live-column")
        columns.get_by_text("failed: 127.0.0.1 answered 404: no such model").wait_for(
            timeout=ANSWER_MS
        )
        columns.filter(has_text="First").nth(1).wait_for(timeout=ANSWER_MS)
        bar = page.locator("progress.chm-live-progress")
        expect(bar).to_have_attribute("value", "1")
        expect(bar).to_have_attribute("max", "3")
        has_rows = """([selector, rows]) => new Set(
            [...document.querySelectorAll(selector)].map(({ offsetTop }) => offsetTop)
        ).size === rows"""
        for width, rows in [(1600, 1), (420, 3)]:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function(has_rows, arg=[".chm-live-column", rows], timeout=ANSWER_MS)
        seen.set()
        bar.wait_for(state="detached", timeout=ANSWER_MS)
    for model in ("a/b", "e/f"):
        page.get_by_text(f"First and {model}").first.wait_for(timeout=ANSWER_MS)
    assert page.locator(".jp-OutputArea-output").count() == 1
