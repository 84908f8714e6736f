"""A server's list of its models (https://platform.openai.com/docs/api-reference/models/list)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTEXT = ("context_length", "context_window", "max_model_len", "max_context_length", "n_ctx")
"""The names of OpenRouter, Groq, vLLM, Mistral and llama.cpp for it."""
_LATEST = 2**33
"""Seconds since 1970 from which on a number is not taken for a date: the year 2242."""


@dataclass(frozen=True, kw_only=True)
class ListedModel:
    """A model as its server lists it."""

    id: str
    owned_by: str | None = None
    created: int | None = None
    """Seconds since 1970 UTC."""
    context_length: int | None = None
    """In tokens."""


def read_models(value: Any) -> list[ListedModel] | None:
    """Read the answer to `GET /models`, sorted by name; None if it is not a list of models."""
    items = value.get("data") if isinstance(value, dict) else value
    if not isinstance(items, list):
        return None
    models = [_model(item) for item in items if isinstance(item, dict) and _text(item.get("id"))]
    return sorted(models, key=lambda model: model.id)


def matching(models: list[ListedModel], words: str) -> list[ListedModel]:
    """Return the models whose name contains every word, ignoring case."""
    wanted = words.lower().split()
    return [model for model in models if all(word in model.id.lower() for word in wanted)]


def _model(item: Mapping[str, Any]) -> ListedModel:
    facts = {**_object(item.get("meta")), **item}
    lengths = (_count(facts.get(name)) for name in _CONTEXT)
    created = _count(item.get("created"))
    return ListedModel(
        id=item["id"],
        owned_by=_text(item.get("owned_by")),
        created=created if created and created < _LATEST else None,
        context_length=next(filter(None, lengths), None),
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    """Return a text that a terminal can show, else None."""
    return value if isinstance(value, str) and value.isprintable() and value else None


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_count and 0 < value < 2**53 else None
