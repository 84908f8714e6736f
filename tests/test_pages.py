"""The code of the README and the documentation runs as it stands, a page at a time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.completions import completion
from tests.gateway import streamed

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    *(
        ROOT / "docs" / f"{name}.md"
        for name in (
            "start",
            "cells",
            "compare",
            "probabilities",
            "panel",
            "gallery",
            "frontends/jupyterlab",
            "frontends/notebook7",
            "frontends/vscode",
            "frontends/colab",
            "frontends/marimo",
            "insight",
            "rows",
            "checks",
        )
    ),
]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def cells_of(page):
    """Return what a reader would run of a page: blocks of Python, and of magics."""
    for language, code in _BLOCK.findall(page.read_text("utf-8")):
        if language == "python" or (not language and code.startswith("%")):
            yield code


@pytest.fixture
def notebook(shell, weights, gateway, monkeypatch, tmp_path):
    """Return a shell whose models are the embedded one and a server that answers everything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAT_MAGIC_MAX_COMPLETION_TOKENS", "16")  # where a cell says none
    (tmp_path / "chart.png").write_bytes(PIXEL)
    gateway(lambda _request: streamed(completion("It depends.", n_top=5)))
    shell.run_line_magic("load_ext", "chat_magic")
    yield shell
    shell.reset(new_session=False)


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002"
    "00000500010d0a2db40000000049454e44ae426082"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_code_of_a_page_runs(page, notebook):
    """Each block may use what the blocks before it made."""
    for code in cells_of(page):
        ran = notebook.run_cell(code)
        assert ran.success, (code, ran.error_in_exec or ran.error_before_exec)


FRONT_ENDS = sorted((ROOT / "docs" / "frontends").glob("*.md"))


def test_the_overview_of_front_ends_links_each_of_their_pages():
    """In its table; the list below it is that of the site."""
    overview = (ROOT / "docs" / "frontends.md").read_text("utf-8")
    assert set(re.findall(r"\(frontends/(\w+)\.md\)", overview)) == {p.stem for p in FRONT_ENDS}
    assert set(re.findall(r"^frontends/(\w+)$", overview, re.MULTILINE)) == {
        p.stem for p in FRONT_ENDS
    }


@pytest.mark.parametrize("page", FRONT_ENDS, ids=lambda path: path.stem)
def test_the_page_of_a_front_end_says_how_to_use_it_and_what_was_tried(page):
    """The steps, what works, what does not, and with which version, or that it was not tried."""
    text = page.read_text("utf-8")
    assert re.findall(r"^## (Install|What works|What does not)", text, re.MULTILINE) == [
        "Install",
        "What works",
        "What does not",
    ]
    assert re.search(r"[Tt]ried (with .*\d|on the real service)", text)


RECIPES = [
    ("gateways", "Azure OpenAI", "azure/gpt", "NAME.openai.azure.com/openai/v1/chat/", "as gpt"),
    ("gateways", "vLLM", "vllm/a", "http://localhost:8000/v1/chat/", "as a"),
    ("gateways", "Ollama", "ollama/llama3.2", "http://localhost:11434/v1/chat/", "as llama3.2"),
    ("gateways", "transformers serve", "a/b", "http://localhost:8000/v1/chat/", '"model": "a/b"'),
    ("gateways", "Two at once", "lab/a", "http://gpu.lab:8000/v1/chat/", "as a"),
    ("gateways", "Two at once", "a/b", "https://openrouter.ai/api/v1/chat/", "OPENROUTER_API_KEY"),
    ("settings", "Defaults", "mistral/a", "https://api.mistral.ai/v1/chat/", "MISTRAL_API_KEY"),
    ("settings", "Defaults", "fast", "https://openrouter.ai/api/v1/chat/", "openai/gpt-4o-mini"),
]
VARIABLES = ["AZURE_OPENAI_API_KEY", "OPENROUTER_API_KEY", "MISTRAL_API_KEY", "TEAM"]


@pytest.fixture
def configured(shell, monkeypatch, tmp_path):
    """Return a function that puts the first recipe under a heading into the config file."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    for name in VARIABLES:
        monkeypatch.setenv(name, "secret")

    def configure(page, heading):
        text = (ROOT / "docs" / f"{page}.md").read_text("utf-8").split(f"\n## {heading}\n")[1]
        recipe = next(code for language, code in _BLOCK.findall(text) if language == "toml")
        (tmp_path / "chat_magic.toml").write_text(recipe, "utf-8")
        shell.run_line_magic("load_ext", "chat_magic")
        return shell

    return configure


@pytest.mark.parametrize(("page", "heading", "model", "address", "words"), RECIPES)
def test_a_recipe_of_the_config_file_leads_to_its_server(
    page, heading, model, address, words, configured, capsys
):
    """As `--dry-run` says; the variables that it names are set."""
    assert configured(page, heading).run_cell(f"%%chat {model} --dry-run\nHello").success
    said = capsys.readouterr().out
    assert address in said
    assert words in said
