"""The function `chat_grid`: one prompt with several models, parameter values and wordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from chat_magic.core.cell.grid import check_axes, expand, models_axis, sweep_axis, vary_axis
from chat_magic.core.cell.options import DEFAULT_CONCURRENCY
from chat_magic.core.cell.per_model import read_per_model
from chat_magic.engine.execution_record import HistoryOptions
from chat_magic.engine.grid_plan import check_concurrency, plan_grid
from chat_magic.engine.grid_task import start_grid
from chat_magic.engine.prepare import build_request, request_limits
from chat_magic.engine.prompt_call import prompt_schema, without_response_format
from chat_magic.engine.replay import cache_options, open_recordings
from chat_magic.engine.session import default_session
from chat_magic.engine.tool_functions import NO_TOOLS
from chat_magic.errors import InvalidRequest
from chat_magic.results.prompt import Prompt
from chat_magic.transport.schema_file import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.parameter_types import Parameters
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults

__all__ = ["chat_grid"]


def chat_grid(
    messages: str | Sequence[Mapping[str, Any] | Message] | Prompt,
    *,
    models: Sequence[str] | None = None,
    sweep: Mapping[str, Sequence[Any]] | None = None,
    vary: Mapping[str, Sequence[Any] | Mapping[Any, Any]] | None = None,
    per_model: Mapping[str, Mapping[str, Any]] | None = None,
    concurrency: int = DEFAULT_CONCURRENCY,
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    timeout: float | None = None,
    retries: int | None = None,
    top_up: bool = True,
    extra: Mapping[str, Any] | None = None,
    schema: Any = None,
    max_tool_rounds: int | None = None,
    history: bool | None = None,
    max_cost: float | None = None,
    cache: bool | str | None = None,
    cassette: str | PathLike[str] | None = None,
    **parameters: Unpack[Parameters],
) -> ChatResults:
    """Send every combination of models, parameter values and wordings, and wait for all answers.

    Args:
        messages: As for `chat`; they are templates if `vary` or `variables` is given.
        models: The models, as `vendor/model`.
        sweep: For each parameter, or `model`, a list of values; `UNSET` and "unset" are values.
        vary: For each variable of the templates, a list of values, or a dict whose keys name them.
        per_model: For a model, parameters that it alone gets; None or `UNSET` removes one.
        concurrency: How many requests run at a time, 1 to 64.
        model: As for `chat`.
        after: As for `chat`.
        variables: As for `chat`.
        timeout: Seconds that each answer may take.
        retries: As for `chat`.
        top_up: As for `chat`.
        extra: As for `chat`.
        schema: As for `chat`.
        max_tool_rounds: As for `chat`.
        history: As for `chat`.
        max_cost: As for `chat`, for all runs together.
        cache: As for `chat`; equal requests of the grid have recordings of their own.
        cassette: As for `chat`.
        **parameters: As for `chat`.

    Returns:
        The results in row-major order: models first, then sweeps, then variables, the last
        changing fastest. `.errors` lists the runs that failed.

    Raises:
        InvalidRequest: A request is not valid; nothing was sent.
        ChatError: All runs failed; `.result` holds what had arrived, and `__cause__` is the error
            of the first run.
        ChatInterrupted: It was interrupted; `.result` holds what had arrived.
    """
    for name, given in (("sweep", sweep), ("vary", vary)):
        if given is not None and not isinstance(given, Mapping):
            raise InvalidRequest(f"{name}: must be a dict of names and their values")
    if "thread" in parameters:
        raise InvalidRequest("thread: a grid has no conversation: use chat for each turn")
    axes = _axes(models, sweep or {}, vary or {})
    for axis in axes:
        if axis.name in parameters or (axis.name == "model" and model is not None):
            raise InvalidRequest(f"{axis.name}: given both as a value and as an axis of the grid")
    form = load_schema(schema) or prompt_schema(messages)
    per_model_parameters, tools = read_per_model(per_model), NO_TOOLS

    def read(bound: Mapping[str, Any]) -> ChatRequest:
        nonlocal tools
        names = None if variables is None and not vary else bound
        request, tools = build_request(
            messages, model, names, extra, parameters, max_tool_rounds, schema
        )
        if form is not None and isinstance(messages, Prompt):
            request = without_response_format(request)
        return replace(request, per_model=per_model_parameters)

    session = default_session()
    variants = expand(axes, variables or {}, read)
    plan = plan_grid(
        session,
        axes,
        variants,
        after=after,
        schema=form,
        tools=tools,
        limits=request_limits(
            session, timeout_s=timeout, retries=retries, top_up=top_up, max_cost=max_cost
        ),
        concurrency=check_concurrency(concurrency),
        recordings=open_recordings(session, cache_options(cache, cassette)),
    )
    return start_grid(session, plan, HistoryOptions(keep=history)).wait()


def _axes(
    models: Sequence[str] | None,
    sweep: Mapping[str, Sequence[Any]],
    vary: Mapping[str, Sequence[Any] | Mapping[Any, Any]],
) -> tuple[Axis, ...]:
    axes = [] if models is None else [models_axis(models, "models")]
    axes += [sweep_axis(name, values) for name, values in sweep.items()]
    axes += [vary_axis(name, values, f"vary {name}") for name, values in vary.items()]
    check_axes(axes)
    return tuple(axes)
