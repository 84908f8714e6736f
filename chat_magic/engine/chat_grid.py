"""The function `chat_grid`: one prompt with several models, parameter values and wordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from chat_magic.core.cell.grid import (
    CELL,
    check_axes,
    columns_of,
    models_axis,
    sweep_axis,
    vary_axis,
)
from chat_magic.core.cell.grid_requests import expand
from chat_magic.core.cell.options import DEFAULT_CONCURRENCY
from chat_magic.core.cell.per_model import read_per_model
from chat_magic.core.cell.row_values import read_sample
from chat_magic.core.request.label_set import read_labels
from chat_magic.engine.check_plan import plan_checks
from chat_magic.engine.execution_record import HistoryOptions
from chat_magic.engine.grid_plan import check_concurrency, plan_grid
from chat_magic.engine.grid_task import start_grid
from chat_magic.engine.prepare import build_request, check_variables, request_limits
from chat_magic.engine.prompt_axis import prompts_axis, schemas_of
from chat_magic.engine.prompt_call import prompt_schema, without_response_format
from chat_magic.engine.replay import cache_options, open_recordings
from chat_magic.engine.session import default_session
from chat_magic.engine.tool_functions import NO_TOOLS
from chat_magic.errors import InvalidRequest
from chat_magic.results.prompt import Prompt
from chat_magic.transport.schema_file import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.request.label_set import At
    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.parameter_types import Parameters
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults

__all__ = ["chat_grid"]


def chat_grid(
    messages: str | Sequence[Mapping[str, Any] | Message] | Prompt | None = None,
    *,
    over: Any = None,
    rows: int | str | None = None,
    prompts: Mapping[str, Any] | Sequence[Any] | None = None,
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
    labels: Sequence[str] | None = None,
    labels_at: At | None = None,
    max_tool_rounds: int | None = None,
    history: bool | None = None,
    max_cost: float | None = None,
    cache: bool | str | None = None,
    cassette: str | PathLike[str] | None = None,
    check: Any = (),
    truth: str | None = None,
    **parameters: Unpack[Parameters],
) -> ChatResults:
    """Send every combination of rows, prompts, models and values, and wait for all answers.

    Args:
        messages: As for `chat`; they are templates if `over`, `vary` or `variables` is given. None
            if `prompts` has all that is sent.
        over: Data, each row of which is asked about: a DataFrame, a Series, a list of dicts or
            texts, or a dict of lists. Its columns are variables of the templates, those of a list
            of texts or a Series being `text` or its name; `row` is the whole row, as a mapping.
        rows: Which rows are taken: `N` or "N:SEED" at random, in the data's order, or "head:N".
        prompts: A dict of prompts by title, or a list of them: each a `Prompt`, a list of messages,
            the path of a `.chat` file, or "cell", which stands for `messages`.
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
        labels: As for `chat`.
        labels_at: As for `chat`.
        max_tool_rounds: As for `chat`.
        history: As for `chat`.
        max_cost: As for `chat`, for all runs together.
        cache: As for `chat`; equal requests of the grid have recordings of their own.
        cassette: As for `chat`.
        check: What each answer is checked for, as for `.check()`: an expression, a function, a
            list of these, or a dict of them by name. Expressions see `variables`.
        truth: The column of `over` with the right answers; see `.check()`.
        **parameters: As for `chat`.

    Returns:
        The results in row-major order: rows first, then prompts, models, sweeps and variables, the
        last changing fastest. `.errors` lists the runs that failed; `.answers` has the data with a
        column for each variant.

    Raises:
        InvalidRequest: A request is not valid; nothing was sent.
        ChatError: All runs failed; `.result` holds what had arrived, and `__cause__` is the error
            of the first run.
        ChatInterrupted: It was interrupted; `.result` holds what had arrived.

    Example:
        >>> results = chat_grid(
        ...     "Is it praise? {{ text }}", over=reviews, sweep={"temperature": [0, 1]}
        ... )
        >>> results.answers
    """
    for name, given in (("sweep", sweep), ("vary", vary)):
        if given is not None and not isinstance(given, Mapping):
            raise InvalidRequest(f"{name}: must be a dict of names and their values")
    if "thread" in parameters:
        raise InvalidRequest("thread: a grid has no conversation: use chat for each turn")
    asked = None if prompts is None else prompts_axis(prompts)
    _check_messages(messages, asked)
    check_variables(variables)
    axes = (*_data_axes(over, rows, asked), *_axes(models, sweep or {}, vary or {}))
    check_axes(axes)
    for axis in axes:
        if axis.name in parameters or (axis.name == "model" and model is not None):
            raise InvalidRequest(f"{axis.name}: given both as a value and as an axis of the grid")
    form = load_schema(schema) or prompt_schema(messages)
    per_model_parameters, tools = read_per_model(per_model), NO_TOOLS
    answers = read_labels(labels, labels_at, columns_of(axes))
    is_template = variables is not None or vary is not None or over is not None

    def read(bound: Mapping[str, Any], prompt: Any) -> ChatRequest:
        nonlocal tools
        sent = messages if prompt is None else prompt
        names = bound if is_template else None
        request, tools = build_request(
            sent, model, names, extra, parameters, max_tool_rounds, schema
        )
        if isinstance(sent, Prompt) and (form or prompt_schema(sent)) is not None:
            request = without_response_format(request)
        return replace(request, per_model=per_model_parameters, labels=answers)

    session = default_session()
    variants = expand(axes, variables or {}, read)
    plan = plan_grid(
        session,
        axes,
        variants,
        after=after,
        schema=form,
        schemas=schemas_of(asked),
        labels=answers,
        tools=tools,
        limits=request_limits(
            session, timeout_s=timeout, retries=retries, top_up=top_up, max_cost=max_cost
        ),
        concurrency=check_concurrency(concurrency),
        recordings=open_recordings(session, cache_options(cache, cassette)),
        checks=plan_checks(
            check,
            truth,
            axes,
            variables or {},
            has_labels=answers is not None,
        ),
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
    return tuple(axes)


def _data_axes(over: Any, rows: Any, prompts: Axis | None) -> Iterator[Axis]:
    """Yield the axis of the rows, and that of the prompts, if there are any."""
    sample = read_sample(rows)
    if over is not None:
        from chat_magic.analysis.row_data import over_axis

        yield over_axis(over, "over", sample)
    elif sample is not None:
        raise InvalidRequest("rows requires over, the data that the rows are of")
    if prompts is not None:
        yield prompts


def _check_messages(messages: Any, prompts: Axis | None) -> None:
    """Check that the messages are sent if there are any, and only then."""
    is_sent = prompts is None or None in prompts.values
    if is_sent and messages is None:
        why = "" if prompts is None else f": {CELL} among the prompts stands for them"
        raise InvalidRequest(f"messages: there is no prompt{why}")
    if not is_sent and messages is not None:
        raise InvalidRequest(
            f"messages: are not among the prompts: add {CELL!r} to them, or leave messages out"
        )
