"""chat-magic: a Jupyter cell magic for prototyping prompts.

    %load_ext chat_magic

    %%chat local --n 3 --top-logprobs 5 --out names
    user: Generate 5 names

The same without magic: `chat_magic.chat("Generate 5 names", n=3, top_logprobs=5)`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chat_magic.analysis.export import to_csv
    from chat_magic.core.unset import UNSET
    from chat_magic.engine.ablate import ablate
    from chat_magic.engine.capabilities import capabilities
    from chat_magic.engine.chat import achat, chat
    from chat_magic.engine.chat_grid import chat_grid
    from chat_magic.engine.chat_map import chat_map
    from chat_magic.engine.distribution import distribution
    from chat_magic.engine.history import forget, history, load, star, unstar, usage
    from chat_magic.engine.model_input import model_input
    from chat_magic.engine.score import score
    from chat_magic.errors import (
        ApiError,
        BudgetExceeded,
        CacheMiss,
        ChatError,
        ChatInterrupted,
        ConnectionFailed,
        ExecutorLost,
        InvalidRequest,
        RateLimited,
        RequestTimeout,
        StreamBroken,
    )
    from chat_magic.results.ablation import Ablation
    from chat_magic.results.answer_distribution import Distribution
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults
    from chat_magic.results.compare import compare
    from chat_magic.results.prompt import Prompt, load_prompt
    from chat_magic.results.rendered_prompt import ModelInput
    from chat_magic.results.versus import versus
    from chat_magic.shell import load_ipython_extension, unload_ipython_extension
    from chat_magic.shell.panel import Panel

__all__ = [
    "UNSET",
    "Ablation",
    "ApiError",
    "BudgetExceeded",
    "CacheMiss",
    "ChatError",
    "ChatInterrupted",
    "ChatResult",
    "ChatResults",
    "ConnectionFailed",
    "Distribution",
    "ExecutorLost",
    "InvalidRequest",
    "ModelInput",
    "Panel",
    "Prompt",
    "RateLimited",
    "RequestTimeout",
    "StreamBroken",
    "ablate",
    "achat",
    "capabilities",
    "chat",
    "chat_grid",
    "chat_map",
    "compare",
    "distribution",
    "forget",
    "history",
    "load",
    "load_ipython_extension",
    "load_prompt",
    "model_input",
    "score",
    "star",
    "to_csv",
    "unload_ipython_extension",
    "unstar",
    "usage",
    "versus",
]

__version__ = "0.1.0"

_HOMES = {
    "UNSET": "core.unset",
    "Ablation": "results.ablation",
    "ChatResult": "results.chat_result",
    "ChatResults": "results.chat_results",
    "Panel": "shell.panel",
    "Prompt": "results.prompt",
    "ablate": "engine.ablate",
    "achat": "engine.chat",
    "capabilities": "engine.capabilities",
    "chat": "engine.chat",
    "chat_grid": "engine.chat_grid",
    "chat_map": "engine.chat_map",
    "Distribution": "results.answer_distribution",
    "compare": "results.compare",
    "distribution": "engine.distribution",
    "forget": "engine.history",
    "history": "engine.history",
    "load": "engine.history",
    "load_ipython_extension": "shell",
    "load_prompt": "results.prompt",
    "score": "engine.score",
    "ModelInput": "results.rendered_prompt",
    "model_input": "engine.model_input",
    "star": "engine.history",
    "to_csv": "analysis.export",
    "unload_ipython_extension": "shell",
    "unstar": "engine.history",
    "usage": "engine.history",
    "versus": "results.versus",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_HOMES.get(name, 'errors')}")
    return getattr(module, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
