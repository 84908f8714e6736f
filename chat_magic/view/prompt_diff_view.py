"""What differs between two prompts: a value that notebooks and terminals draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_magic.view.html_repr import HtmlRepr

if TYPE_CHECKING:
    import pandas as pd

    from chat_magic.analysis.prompt_diff import PromptDiff
    from chat_magic.view.bundle import ComparisonView

__all__ = ["PromptDiffView"]


@dataclass(frozen=True, repr=False, kw_only=True)
class PromptDiffView(HtmlRepr):
    """What differs between two prompts, by message and parameter."""

    prompt: PromptDiff
    comparison: ComparisonView
    """The texts of the cells as answers that are compared."""

    @property
    def table(self) -> pd.DataFrame:
        """A row for each changed or unchanged stretch of the text of both cells."""
        return self.comparison.table

    def __repr__(self) -> str:
        return "<PromptDiffView>"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        from chat_magic.view.html.elements import page
        from chat_magic.view.html.result_diff_html import prompt_html
        from chat_magic.view.text.result_diff_text import prompt_lines
        from chat_magic.view.text.result_text import terminal_safe

        text = terminal_safe("\n".join(prompt_lines(self.prompt)))
        return {"text/plain": text, "text/html": page(prompt_html(self.prompt))}
