"""The description of the package where it is published: the README with absolute links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE_LINK = re.compile(r"(!?)(\[[^]]*\])\((?!https?:|#)([^)]+)\)")


class Description(MetadataHookInterface):
    """Sets the readme of the project; `[tool.hatch.metadata.hooks.custom]` runs it."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the README to the metadata, whose version is known by then."""
        text = Path(self.root, "README.md").read_text("utf-8")
        at_version = with_absolute_links(text, metadata["urls"]["Source"], metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": at_version}


def with_absolute_links(text: str, repository: str, version: str) -> str:
    """Return Markdown whose relative links and pictures lead to the files of a released version."""

    def absolute(link: re.Match[str]) -> str:
        mark, label, path = link.groups()
        return f"{mark}{label}({repository}/{'raw' if mark else 'blob'}/v{version}/{path})"

    return _RELATIVE_LINK.sub(absolute, text)
