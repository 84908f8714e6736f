"""A prompt as the model reads it, as a user holds it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chat_magic.view.html.model_input_html import model_input_html
from chat_magic.view.text.model_input_text import model_input_text

if TYPE_CHECKING:
    import pandas as pd

    from chat_magic.core.reply.prompt_parts import PromptToken

__all__ = ["ModelInput"]


@dataclass(frozen=True, kw_only=True, repr=False)
class ModelInput:
    """What the model reads of a request: the template applied, and its tokens."""

    model: str
    text: str
    """The prompt as text, control tokens by their names."""
    prompt_tokens: tuple[PromptToken, ...]
    roles: tuple[str, ...]
    """The role of each message."""
    warnings: tuple[str, ...] = ()
    """What is odd about it, in words."""
    n_cached: int | None = None
    """Tokens at its start that the server read from its cache; None where that is not known."""

    @cached_property
    def tokens(self) -> pd.DataFrame:
        """A row for each token of the prompt.

        Columns: `run`, `message`, `position`, `token`, `bytes`, `is_special`.
        """
        from chat_magic.analysis.model_input_table import model_input_table

        attrs = {"model": self.model, "warnings": list(self.warnings)}
        return model_input_table(self.prompt_tokens, attrs)

    @property
    def _facts(self) -> list[str]:
        counts = Counter(token.message for token in self.prompt_tokens)
        facts = [f"{len(self.prompt_tokens)} tokens"]
        facts += [f"{role} {counts[number]}" for number, role in enumerate(self.roles)]
        if around := counts[None]:
            facts.append(f"template {around}")
        if self.n_cached is not None:
            facts.append(f"{self.n_cached} cached")
        return facts

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<ModelInput {self.model}: {' · '.join(self._facts)}>"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        facts, cached = self._facts, self.n_cached or 0
        return {
            "text/html": model_input_html(
                self.model, facts, self.warnings, self.prompt_tokens, cached
            ),
            "text/plain": model_input_text(self.model, facts, self.warnings, self.text),
        }
