"""A prompt that is edited and run again: its versions in the header of the result."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.completions import completion
from tests.gateway import Gateway, streamed

EDIT = """text => {
    const { content } = jupyterapp.shell.currentWidget
    content.activeCellIndex = 1
    content.activeCell.model.sharedModel.setSource(text)
}"""
RUN = """async () => { await jupyterapp.commands.execute('notebook:run-cell') }"""
SAVE = """async () => { await jupyterapp.commands.execute('docmanager:save') }"""


def echo(request):
    """Answer with what was asked."""
    return streamed(completion(f"You said {request.json['messages'][-1]['content']}"))


@pytest.fixture
def run_prompts(lab, page, tmp_path):
    """Return a function that runs prompts one after the other in one cell of a notebook."""
    with Gateway(echo) as server:

        def run_prompts(name, *prompts):
            setup = (
                "import os\nos.environ.pop('CI', None)\n"
                f"os.environ['CHAT_MAGIC_HISTORY'] = {str(tmp_path / 'history.db')!r}\n"
                f"os.environ['CHAT_MAGIC_BASE_URL'] = {server.base_url!r}\n"
                "os.environ['CHAT_MAGIC_API_KEY'] = 'k'\n"
                "%load_ext chat_magic"
            )
            lab.write(name, setup, "1")
            lab.open(page, name)
            page.evaluate(RUN)
            for prompt in prompts:
                page.evaluate(EDIT, f"%%chat a/b -t 0.5\n{prompt}")
                page.evaluate(RUN)
                expect(page.locator(".chm-root .chm-result")).to_contain_text(f"You said {prompt}")
            return page.locator(".chm-root")

        yield run_prompts


def test_a_prompt_that_is_edited_has_versions_which_the_notebook_does_not_hold(
    lab, page, run_prompts
):
    """Earlier ones are drawn in place with their cell, and compared."""
    words = ["secret cat", "red cat", "red dog", "blue dog", "blue bird", "big bird"]
    root = run_prompts("versions.ipynb", *words)
    bar = root.locator(".chm-versions")
    expect(bar.locator("strong").first).to_have_text("version 6")
    bar.get_by_role("button", name="Diff with version 5").click()
    expect(bar.locator("del").first).to_have_text(" blue")
    for _ in range(5):
        bar.get_by_title("The version before").click()
    expect(bar.locator("strong").first).to_have_text("version 1")
    expect(bar.get_by_role("button", name="The version after")).to_be_focused()
    expect(bar.locator("pre")).to_contain_text("secret cat")
    expect(root.locator(".chm-result")).to_contain_text("You said secret cat")
    page.evaluate(SAVE)
    saved = json.loads((lab.folder / "versions.ipynb").read_text())
    assert "big bird" in json.dumps(saved)
    assert "secret" not in json.dumps(saved)
