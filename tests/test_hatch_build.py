"""The description of the package is the README, readable where no file of the repository is."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def absolute():
    """Return the function that makes the links of a text absolute, for version 1.2.0."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda text: module.with_absolute_links(text, "https://example.org/a", "1.2.0")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[Start](docs/start.md)", "[Start](https://example.org/a/blob/v1.2.0/docs/start.md)"),
        ("[p](docs/a.md#b)", "[p](https://example.org/a/blob/v1.2.0/docs/a.md#b)"),
        ("![A picture](x.png)", "![A picture](https://example.org/a/raw/v1.2.0/x.png)"),
        ("[here](#below), [there](https://b.org)", "[here](#below), [there](https://b.org)"),
        ("`r[0]` (a choice)", "`r[0]` (a choice)"),
    ],
)
def test_relative_links_lead_to_the_files_of_the_version(absolute, text, expected):
    """A picture to its bytes, any other to its page; links that are absolute stay."""
    assert absolute(text) == expected


def test_the_description_has_no_relative_link(absolute):
    """Of the README as it is."""
    links = re.findall(r"\]\(([^)]*)\)", absolute((ROOT / "README.md").read_text("utf-8")))
    assert [link for link in links if not link.startswith("https://")] == []
