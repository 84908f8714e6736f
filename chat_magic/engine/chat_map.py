"""The function `chat_map`: one prompt for each row of some data, however many there are."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Unpack, get_args

from chat_magic.analysis.answer_frame import check_clash
from chat_magic.analysis.answer_values import AnswerColumns
from chat_magic.analysis.row_source import open_source
from chat_magic.core.cell.options import DEFAULT_MAP_CONCURRENCY, MAX_MAP_CONCURRENCY
from chat_magic.core.cell.row_values import read_sample
from chat_magic.core.request.parameters import is_number
from chat_magic.core.request.request import ChatRequest
from chat_magic.engine.execution_record import KEEP_BY_SETTING, HistoryOptions
from chat_magic.engine.map.dask_frame import is_dask_frame, partition_reader, read_result
from chat_magic.engine.map.executor_choice import open_executor
from chat_magic.engine.map.map_call import MapCall, say
from chat_magic.engine.map.map_counts import MapCounts
from chat_magic.engine.map.map_files import MapFiles, asks_logprobs, check_distinct, read_path
from chat_magic.engine.map.map_record import MapRecord
from chat_magic.engine.map.map_run import MapRun, OnError
from chat_magic.engine.map.resume_file import ResumeFile
from chat_magic.engine.map.row_executor import MapLimits
from chat_magic.engine.map.row_requests import MapPrompt, RowRequests, read_map_prompt
from chat_magic.engine.prepare import request_limits
from chat_magic.engine.replay import BY_SETTING, CacheOptions, cache_options, open_recordings
from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from chat_magic.results.prompt import Prompt, map_prompts_by
from chat_magic.view.live.map_bar import MapBar, NoBar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from chat_magic.analysis.row_source import RowSource
    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.parameter_types import Parameters

__all__ = ["chat_map"]

_AHEAD = 4
"""Rows that may be finished early and wait in memory, for each request that runs at a time."""


def chat_map(
    data: Any,
    messages: str | Prompt | Sequence[Mapping[str, Any] | Message],
    *,
    model: str | None = None,
    column: str = "answer",
    schema: Any = None,
    labels: Sequence[str] | None = None,
    labels_at: Any = "first",
    variables: Mapping[str, Any] | None = None,
    concurrency: int = DEFAULT_MAP_CONCURRENCY,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    max_cost: float | None = None,
    rows: int | str | None = None,
    on_error: OnError = "keep",
    resume: str | PathLike[str] | bool | None = None,
    to: str | PathLike[str] | None = None,
    tokens_to: str | PathLike[str] | None = None,
    executor: Any = None,
    progress: bool = True,
    timeout: float | None = None,
    retries: int | None = None,
    history: bool | None = None,
    cache: bool | str | None = None,
    cassette: str | PathLike[str] | None = None,
    **parameters: Unpack[Parameters],
) -> Any:
    """Send a prompt once for each row of some data, and return the data with the answers.

    Args:
        data: A DataFrame, a Series, a list of dicts or texts, a dict of lists, a generator, a table
            or reader of pyarrow, the path of a parquet or CSV file, or a Dask DataFrame.
        messages: The body of a cell, a prompt, or a list of the API's message objects. Their
            templates see the columns of the row by name, `row`, which is all of it, and
            `variables`.
        model: `vendor/model`; by default the configured one.
        column: The name of the column of answers, and what the others begin with.
        schema: As for `chat`; each field of the answer is a column.
        labels: The possible answers; the probability of each is a column.
        labels_at: The place of the answer, as for `ChatResult.labels`.
        variables: What the templates see besides the row.
        concurrency: How many requests run at a time at most, 1 to 1,024.
        requests_per_minute: How many requests may start in a minute, those sent again included.
        tokens_per_minute: How many tokens they may have, prompts and answers together.
        max_cost: Dollars that the map may cost: no request is sent that could pass it.
        rows: `N` or `"N:SEED"` takes N rows at random, in the data's order; `"head:N"` the first.
        on_error: `keep` notes the error in the row, `skip` leaves the row out, `raise` ends the
            map. What no row can pass ends it in any case.
        resume: A file that keeps each finished row, from which the same call continues. By default
            there is one beside the history above 200 rows; False keeps nothing.
        to: A parquet file that the result is written to, in the place of a table in memory.
        tokens_to: A parquet file that the tokens are written to.
        executor: A `dask.distributed.Client`, whose workers ask the rows, or `"batch"` for the
            provider's Batch API; by default this process asks them.
        progress: Whether a bar is shown.
        timeout: Seconds that each answer may take in all.
        retries: As for `chat`, as are `history`, `cache` and `cassette`.
        history: Whether the map is kept in the history.
        cache: Whether recorded answers are used.
        cassette: A file of recorded answers.
        **parameters: As for `chat`.

    Returns:
        The data in their order and with their index, and the columns `answer`, `answer.FIELD` (with
        a schema), `answer.p[LABEL]`, `answer.p[ambiguous]`, `answer.p[other]` and
        `answer.p[residual]` (with labels), `answer.finish_reason`, `answer.prompt_tokens`,
        `answer.completion_tokens`, `answer.cost` (dollars), `answer.perplexity` (with logprobs) and
        `answer.error`; lists where n is above 1. `attrs["chat_magic"]` sums it up. With `to`, its
        path; with a Dask DataFrame, which requires `to`, that file as one.

    Raises:
        InvalidRequest: An argument is not valid; nothing was sent.
        ApiError: The server refuses every row, or the first 20 fail alike; `.result` is the table
            so far, as for all of these.
        RateLimited: A quota is used up.
        BudgetExceeded: A further request could pass `max_cost`.
        ExecutorLost: The scheduler of the cluster is gone.
        ChatInterrupted: It was interrupted.

    Example:
        >>> answers = chat_map(reviews, "Is this positive? {{ text }}", labels=["yes", "no"])
        >>> answers[["text", "answer", "answer.p[yes]"]]
    """
    return open_map(
        data, messages, model=model, column=column, schema=schema, labels=labels,
        labels_at=labels_at, variables=variables, concurrency=concurrency,
        requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute,
        max_cost=max_cost, rows=rows, on_error=on_error, resume=resume, to=to, tokens_to=tokens_to,
        executor=executor, progress=progress, timeout_s=timeout, retries=retries,
        cache=cache_options(cache, cassette), history=HistoryOptions(keep=history),
        parameters=parameters,
    ).result()  # fmt: skip


map_prompts_by(chat_map)


def open_map(
    data: Any,
    messages: Any,
    *,
    model: str | None = None,
    column: str = "answer",
    schema: Any = None,
    labels: Any = None,
    labels_at: Any = "first",
    variables: Mapping[str, Any] | None = None,
    concurrency: int = DEFAULT_MAP_CONCURRENCY,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    max_cost: float | None = None,
    rows: Any = None,
    on_error: OnError = "keep",
    resume: Any = None,
    to: Any = None,
    tokens_to: Any = None,
    executor: Any = None,
    progress: bool = True,
    timeout_s: float | None = None,
    retries: int | None = None,
    cache: CacheOptions = BY_SETTING,
    history: HistoryOptions = KEEP_BY_SETTING,
    parameters: Mapping[str, Any] = MappingProxyType({}),
) -> MapCall:
    """Check the arguments of `chat_map`, and return the map, which is not started.

    The time limit, in seconds, is that of each answer.

    Raises:
        InvalidRequest: One is not valid.
    """
    if on_error not in get_args(OnError):
        raise InvalidRequest(f"on_error {on_error!r}: must be 'keep', 'raise' or 'skip'")
    session = default_session()
    has_dask = is_dask_frame(data)
    source = open_source(
        partition_reader(data, to) if has_dask else data, keep=to is None, sample=read_sample(rows)
    )
    prompt = read_map_prompt(
        messages, model=model, variables=variables, schema=schema, labels=labels,
        labels_at=labels_at, parameters=parameters, columns=source.columns,
    )  # fmt: skip
    limits = read_limits(concurrency, requests_per_minute, tokens_per_minute, max_cost)
    check_distinct(data=data, to=to, tokens_to=tokens_to, resume=resume)
    check_column(prompt, column, source)
    files = MapFiles(read_path("to", to), read_path("tokens_to", tokens_to), _AHEAD * concurrency)
    record = MapRecord(session, prompt.template, source.n_rows, history)
    requests = RowRequests(
        session,
        prompt,
        request_limits(session, timeout_s=timeout_s, retries=retries, max_cost=max_cost),
        open_recordings(session, cache),
        check=lambda request: _check_first(files, record, requests, source, request),
    )
    sink, tokens = files.sinks(
        source, lambda: answer_columns(prompt, column, requests), skip_failed=on_error == "skip"
    )
    run = MapRun(
        requests,
        open_executor(executor, limits),
        [sink] if tokens is None else [sink, tokens],
        MapCounts(n_rows=source.n_rows),
        MapBar(source.n_rows) if progress else NoBar(),
        on_error=on_error,
        keeps_values=to is not None,
    )
    resume_file = ResumeFile(
        session, resume, prompt.fingerprint, files.beside, is_always=isinstance(executor, str)
    )
    finish = read_result if has_dask else None
    return MapCall(session, source, sink, tokens, run, limits, resume_file, record, finish=finish)


def _check_first(
    files: MapFiles,
    record: MapRecord,
    requests: RowRequests,
    source: RowSource,
    request: ChatRequest,
) -> None:
    """Check the first request, say what is to be known of all, and begin the map's record."""
    files.check(request)
    for words in (*request.warnings, *requests.column_notices(source.columns, source.n_rows)):
        say(words)
    record.begin(request)


def check_column(prompt: MapPrompt, column: Any, source: RowSource) -> None:
    """Check the name of the column of answers.

    Raises:
        InvalidRequest: It is no name, or the data have a column of such a name.
    """
    if not isinstance(column, str) or not column.strip():
        raise InvalidRequest(f"column {column!r}: must be a name")
    columns = AnswerColumns(
        column=column, schema=prompt.schema, labels=prompt.labels, has_logprobs=True
    )
    if clash := check_clash(list(columns.kinds), source.columns, column):
        raise InvalidRequest(clash)


def answer_columns(prompt: MapPrompt, column: str, requests: RowRequests) -> AnswerColumns:
    """Return the columns that a map adds, by its first request."""
    request = ChatRequest() if requests.first is None else requests.first.request
    return AnswerColumns(
        column=column,
        schema=prompt.schema,
        labels=prompt.labels,
        has_logprobs=asks_logprobs(request),
        has_choices=request.n > 1,
    )


def read_limits(
    concurrency: Any, requests_per_minute: Any, tokens_per_minute: Any, max_cost: Any
) -> MapLimits:
    """Check the limits of a map.

    Raises:
        InvalidRequest: One is out of range.
    """
    if type(concurrency) is not int or not 1 <= concurrency <= MAX_MAP_CONCURRENCY:
        raise InvalidRequest(
            f"concurrency {concurrency}: must be a whole number, 1 to {MAX_MAP_CONCURRENCY:,}"
        )
    rates = {
        "requests_per_minute": requests_per_minute, "tokens_per_minute": tokens_per_minute,
    }  # fmt: skip
    for name, value in rates.items():
        if value is not None and not (is_number(value) and 0 < value < float("inf")):
            raise InvalidRequest(f"{name} {value}: must be a number above 0")
    return MapLimits(concurrency=concurrency, **rates, max_cost=max_cost)
