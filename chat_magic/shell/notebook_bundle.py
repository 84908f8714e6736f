"""The bundle of a result as a notebook gets it, by the front end and the settings."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from chat_magic.view.text.ascii_frames import with_ascii_frames

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_interactive", "notebook_bundle"]


def notebook_bundle(bundle: Mapping[str, Any], *, interactive: bool) -> dict[str, Any]:
    """Return a bundle for a notebook: text in ASCII frames, HTML with our script if wanted."""
    drawn = with_ascii_frames(bundle)
    if not interactive:
        return drawn
    from chat_magic.view.bundle import MIME_TYPE
    from chat_magic.view.html.interactive_html import interactive_html

    if MIME_TYPE not in drawn or "text/html" not in drawn:
        return drawn
    return {**drawn, "text/html": interactive_html(drawn["text/html"], drawn[MIME_TYPE])}


def is_interactive(shell: Any, setting: str = "auto") -> bool:
    """Whether the HTML of an output holds our script.

    Colab and Databricks show an output's HTML in a sandbox, and offer no other way.

    Args:
        shell: The IPython shell.
        setting: `on`, `off`, or `auto` for these two only.
    """
    if setting != "auto":
        return setting == "on"
    return _is_colab(shell) or "DATABRICKS_RUNTIME_VERSION" in os.environ


def _is_colab(shell: Any) -> bool:
    return "google.colab" in sys.modules and any(
        base.__module__.startswith("google.colab") for base in type(shell).__mro__
    )
