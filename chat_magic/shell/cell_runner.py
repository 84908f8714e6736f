"""From the text of a cell to the task that answers it, for both the magics and the panel."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.body import line_of
from chat_magic.core.cell.cell import read_first_line
from chat_magic.core.cell.grid_cell import AxisSources, read_grid
from chat_magic.core.cell.options import MAGIC_OPTIONS, REQUEST_OPTIONS
from chat_magic.core.cell.prompt_cell import check_prompt, replace_option, with_line
from chat_magic.core.cell.prompt_warnings import body_warnings, prompt_warnings
from chat_magic.core.cell.template import SandboxedVariables
from chat_magic.core.request.request import PromptSource
from chat_magic.core.request.scoring import Scoring
from chat_magic.engine.execution_record import KEEP_BY_SETTING, HistoryOptions
from chat_magic.errors import InvalidRequest
from chat_magic.shell.cell_ablation import plan_cell_ablation
from chat_magic.shell.jobs import resolve
from chat_magic.shell.option_values import (
    check_after,
    read_after,
    read_cache_mode,
    read_concurrency,
    read_label_set,
    read_max_cost,
    read_name,
    read_retries,
    read_rounds,
    read_rows,
    read_schema,
    read_score,
    read_timeout,
    read_tools,
)
from chat_magic.shell.plan_notices import with_shown_notices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chat_magic.core.cell.cell import Cell
    from chat_magic.core.cell.grid import Variant
    from chat_magic.core.cell.grid_cell import Grid
    from chat_magic.core.cell.line import MagicLine
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.core.schema.structured import Schema
    from chat_magic.engine.ablation_task import AblationPlan
    from chat_magic.engine.check_plan import CheckPlan
    from chat_magic.engine.grid_plan import GridPlan
    from chat_magic.engine.prepare import RequestLimits
    from chat_magic.engine.replay import Recordings
    from chat_magic.engine.session import Session
    from chat_magic.engine.task_handle import TaskHandle
    from chat_magic.engine.threads import Turn
    from chat_magic.engine.tool_functions import ToolFunctions
    from chat_magic.results.prompt import Prompt
    from chat_magic.shell.map_cell import MapCell

__all__ = ["CellPlan", "CellRunner"]


@dataclass(frozen=True, kw_only=True)
class CellPlan:
    """The calls and options of a cell, complete and checked."""

    calls: GridPlan
    out: str | None
    """The name that the result is assigned to."""
    is_silent: bool
    is_background: bool
    is_dry_run: bool
    history: HistoryOptions = KEEP_BY_SETTING
    ablation: AblationPlan | None = None
    """What `--ablate` leaves out of the prompt of its only call."""


class CellRunner:
    """Reads cells with a namespace, and starts their calls.

    Args:
        session: The session whose connections and settings are used.
        namespace: The variables of the notebook.
        last_result: Returns the result that `-c` continues from; None if there is none.
    """

    def __init__(
        self, session: Session, namespace: Mapping[str, Any], last_result: Callable[[], Any]
    ) -> None:
        self._session = session
        self._namespace = namespace
        self._last_result = last_result
        self._source: str | None = None

    def read(self, text: str) -> Grid:
        """Read a `%%chat` cell or a `%chat` line.

        Raises:
            InvalidRequest: It is not valid; the error has the line, `%%chat` being on line 1.
        """
        self._source = text
        line = read_first_line(text, MAGIC_OPTIONS)
        file = next((given.value for given in line.options if given.option.name == "prompt"), None)
        if file is None:
            grid = read_grid(text, self._namespace, MAGIC_OPTIONS, self._sources(line))
            warnings = tuple(self._warnings(text, line))
            return _with_requests(
                grid,
                lambda request: replace(
                    request,
                    source=request.source or _source(text),
                    warnings=(*request.warnings, *warnings),
                ),
            )
        return self._read_prompt(text, line, file)

    def read_map(self, text: str) -> MapCell | None:
        """Read a cell with `--as-frame`; None if it is any other.

        Raises:
            InvalidRequest: It is not valid.
        """
        if "--as-frame" not in text and "--resume" not in text:
            return None
        from chat_magic.shell.map_cell import read_map_cell

        return read_map_cell(text, self._namespace)

    def _read_prompt(self, text: str, line: MagicLine, file: str) -> Grid:
        """Read a cell that sends the prompt in a file, which is data."""
        from chat_magic.engine.prompt_call import confined, with_check_warning
        from chat_magic.results.prompt import load_prompt

        first, _, body = text.replace("\r\n", "\n").partition("\n")
        if body.strip() or line.rest:
            raise InvalidRequest("--prompt: the messages are those of the file", line=1)
        with _on_first_line():
            prompt = load_prompt(file)
            cell = with_line(_named_by(prompt, line), first, line)
        try:
            variables = SandboxedVariables(self._namespace)
            grid = read_grid(cell, variables, MAGIC_OPTIONS, self._sources(line))
            source = PromptSource(cell=cell, folder=prompt.folder)
            sent = _with_requests(
                grid,
                lambda request: replace(
                    with_check_warning(confined(request, prompt), grid.cell), source=source
                ),
            )
            # A prompt that was loaded is data: the code in it is not run.
            return replace(sent, cell=replace(grid.cell, body_checks=()))
        except InvalidRequest as error:
            raise InvalidRequest(f"{file}: {error}", line=1) from error

    def _sources(self, line: MagicLine) -> AxisSources:
        """Return what finds the rows and the prompts of a cell in the notebook."""
        from chat_magic.engine.prompt_axis import filled_by, named_prompts

        words = {given.option.name: given.value for given in line.options}
        tools = tuple(name.strip() for name in (words.get("tools") or "").split(","))
        return AxisSources(
            rows=lambda name, sample: read_rows(name, self._namespace, sample),
            prompts=lambda names: named_prompts(names, self._namespace),
            fill=lambda prompt, bound, given: filled_by(prompt, bound, given, tools),
        )

    def _warnings(self, text: str, line: MagicLine) -> Iterator[str]:
        options = (*REQUEST_OPTIONS, *MAGIC_OPTIONS)
        if text.startswith("%%"):
            return body_warnings(text.partition("\n")[2], options)
        return prompt_warnings(line, options, self._session.endpoints.is_known_model)

    def plan(self, grid: Grid) -> CellPlan:
        """Prepare the calls of a cell.

        Raises:
            InvalidRequest: It cannot be sent.
        """
        cell, options = grid.cell, grid.cell.options
        from chat_magic.engine.grid_plan import GridPlan

        keep = False if "no-history" in options else None
        turn = self._turn(grid, keep)
        ablation = self._ablation(grid)
        return CellPlan(
            calls=GridPlan(calls=(ablation.call,)) if ablation else self._plan_calls(grid, turn),
            ablation=ablation,
            out=read_name(options.get("out")),
            is_silent=cell.is_silent,
            is_background="background" in options,
            is_dry_run="dry-run" in options,
            history=HistoryOptions(keep=keep, source=self._source, turn=turn),
        )

    def start(self, plan: CellPlan) -> TaskHandle[Any]:
        """Send the calls of a cell."""
        from chat_magic.engine.ablation_task import start_ablation
        from chat_magic.engine.chat import start_answer
        from chat_magic.engine.grid_task import start_grid
        from chat_magic.engine.row_uses import reuse_notice, row_use_of

        if plan.ablation is not None:
            return start_ablation(self._session, plan.ablation, plan.history)
        calls, history = with_shown_notices(plan.calls, self._session.told_notices), plan.history
        use = row_use_of(calls.axes, self._source or "") if calls.checks.is_given else None
        if use is not None:
            history = replace(history, row_use=use)
            notice = reuse_notice(self._session.row_uses.add(use, history.keep))
            calls = replace(calls, checks=replace(calls.checks, notice=notice))
        if calls.axes:
            return start_grid(self._session, calls, history)
        return start_answer(self._session, calls.calls[0], history, calls.checks)

    def _turn(self, grid: Grid, keep: bool | None) -> Turn | None:
        """Return the turn of a conversation that `--thread` makes of the cell, if it does."""
        thread = grid.cell.options.get("thread")
        if thread is None:
            return None
        if grid.axes:
            axes = "--models, --sweep, --vary, --over and --prompts"
            raise InvalidRequest(f"--thread: a grid has no conversation: remove {axes}", line=1)
        for name, option in (("continue", "-c"), ("after", "--after")):
            if name in grid.cell.options:
                raise InvalidRequest(
                    f"{option} and --thread exclude each other: give only one", line=1
                )
        with _on_first_line():
            return self._session.history.next_turn(thread, keep)

    def _ablation(self, grid: Grid) -> AblationPlan | None:
        """Return what is left out of the prompt, if `--ablate` is given."""
        if "ablate" not in grid.cell.options:
            return None
        after, choice = self._after(grid.cell)
        return plan_cell_ablation(
            self._session,
            grid,
            after=after,
            choice=choice,
            limits=self._limits(grid.cell.options),
            recordings=self._recordings(grid.cell.options),
        )

    def _plan_calls(self, grid: Grid, turn: Turn | None) -> GridPlan:
        from chat_magic.engine.grid_plan import plan_grid
        from chat_magic.engine.prompt_axis import schemas_of

        options = grid.cell.options
        limits = self._limits(options)
        concurrency = read_concurrency(options.get("concurrency"), is_grid=bool(grid.axes))
        schema = self._schema(options)
        schemas = schemas_of(next((axis for axis in grid.axes if axis.kind == "prompt"), None))
        with _on_first_line():
            labels = read_label_set(options, grid.axes)
        grid = _with_requests(grid, lambda request: replace(request, labels=labels))
        variants, tools = self._with_tools(grid)
        variants = self._with_score(options, variants)
        after, choice = self._after(grid.cell)
        if turn is not None:
            grid_turn = replace(grid, variants=tuple(variants))
            after, variants = turn.after, list(_with_requests(grid_turn, turn.continued).variants)
        return plan_grid(
            self._session,
            grid.axes,
            variants,
            after=after,
            choice=choice,
            schema=schema,
            schemas=schemas,
            labels=labels,
            tools=tools,
            limits=limits,
            concurrency=concurrency,
            recordings=self._recordings(options),
            checks=self._checks(grid),
        )

    def _checks(self, grid: Grid) -> CheckPlan:
        """Compile the checks of a cell: those of its YAML block, and of its line."""
        from chat_magic.engine.check_plan import plan_checks

        cell = grid.cell
        try:
            return plan_checks(
                (*cell.body_checks, *cell.checks),
                cell.options.get("truth"),
                grid.axes,
                self._namespace,
                has_labels="labels" in cell.options,
            )
        except InvalidRequest as error:
            line = 1 + line_of(error.message, self._source or "")
            raise InvalidRequest(error.message, line=line) from error

    def _recordings(self, options: Mapping[str, str | None]) -> Recordings | None:
        from chat_magic.engine.replay import CacheOptions, open_recordings

        with _on_first_line():
            mode = read_cache_mode(options)
            return open_recordings(
                self._session, CacheOptions(mode=mode, cassette=options.get("cassette"))
            )

    def _limits(self, options: Mapping[str, str | None]) -> RequestLimits:
        from chat_magic.engine.prepare import request_limits

        self._session.configuration.settings()  # its errors are not those of the line
        with _on_first_line():
            return request_limits(
                self._session,
                timeout_s=read_timeout(options.get("timeout")),
                retries=read_retries(options.get("retries")),
                top_up="no-top-up" not in options,
                max_cost=read_max_cost(options.get("max-cost")),
            )

    def _schema(self, options: Mapping[str, str | None]) -> Schema | None:
        from chat_magic.transport.schema_file import load_schema

        with _on_first_line():
            return load_schema(read_schema(options.get("schema"), self._namespace))

    def _with_tools(self, grid: Grid) -> tuple[list[Variant], ToolFunctions]:
        from chat_magic.engine.tool_functions import NO_TOOLS, with_tools

        options = grid.cell.options
        functions = read_tools(options.get("tools"), self._namespace)
        max_rounds = read_rounds(options.get("max-tool-rounds"))
        variants, tools = [], NO_TOOLS
        with _on_first_line():
            for variant in grid.variants:
                request, tools = with_tools(variant.request, functions, max_rounds)
                variants.append(replace(variant, request=request))
        return variants, tools

    def _with_score(
        self, options: Mapping[str, str | None], variants: list[Variant]
    ) -> list[Variant]:
        """Return requests that score the texts of `--score`, if it is given."""
        word = options.get("score")
        if word is None:
            return variants
        from chat_magic.engine.score import scoring_request

        for name in ("schema", "tools", "thread"):
            if name in options:
                raise InvalidRequest(f"--score and --{name} exclude each other", line=1)
        with _on_first_line():
            scoring = Scoring(read_score(word, self._namespace))
            return [
                replace(variant, request=scoring_request(variant.request, scoring))
                for variant in variants
            ]

    def _after(self, cell: Cell) -> tuple[Any, int | None]:
        """Return the result that the cell continues from, if any, and the index of its choice."""
        if "continue" in cell.options and "after" in cell.options:
            raise InvalidRequest("-c and --after exclude each other: give only one", line=1)
        if cell.options.get("after") is not None:
            word = cell.options["after"] or ""
            after, choice = read_after(word, self._namespace)
            return check_after(word, resolve(after), choice), choice
        if "continue" not in cell.options:
            return None, None
        last = self._last_result()
        if last is None:
            raise InvalidRequest("-c: there is no result yet to continue from", line=1)
        return resolve(last), None


def _source(text: str) -> PromptSource:
    return PromptSource(cell=text.replace("\r\n", "\n"))


def _with_requests(grid: Grid, change: Callable[[ChatRequest], ChatRequest]) -> Grid:
    variants = (replace(variant, request=change(variant.request)) for variant in grid.variants)
    return replace(grid, variants=tuple(variants))


def _named_by(prompt: Prompt, line: MagicLine) -> str:
    """Return the cell of a prompt, if the notebook's line names its tools and type.

    Raises:
        InvalidRequest: It does not.
    """
    from chat_magic.engine.prompt_call import check_named_tools, schema_word

    names = {given.option.name for given in line.options}
    text = prompt.text
    for given in check_prompt(text).options:
        if given.option.name == "tools" and "tools" not in names:
            check_named_tools(given.value, (), f"name them with --tools {given.value}")
        if given.option.name == "schema" and "schema" not in names and given.value:
            word = schema_word(given.value, prompt)
            if word != given.value:
                text = replace_option(text, "schema", word)
    return text


@contextmanager
def _on_first_line() -> Iterator[None]:
    """Locate the errors of options at the `%%chat` line."""
    try:
        yield
    except InvalidRequest as error:
        raise InvalidRequest(error.message, line=1) from error
