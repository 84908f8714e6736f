"""The magics `%%chat` and `%chat`: read the cell, run the request, show it, hand it over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from chat_magic.errors import ChatError, ChatInterrupted, InvalidRequest
from chat_magic.shell.arguments import (
    OWN_OPTIONS,
    help_text,
    read_after,
    read_name,
    read_timeout,
)
from chat_magic.shell.transform import ChatTransformer, transform_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from chat_magic.core.cell import Cell
    from chat_magic.core.request import ChatRequest
    from chat_magic.engine import Run
    from chat_magic.result import ChatResult
    from chat_magic.view.live import Live


@magics_class
class ChatMagics(Magics):
    """The magics of one shell."""

    shell: Any  # IPython annotates it as optional, and few of its methods

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._is_terminal = any(
            base.__name__ == "TerminalInteractiveShell" for base in type(shell).__mro__
        )
        self._transformer = ChatTransformer(end=";" if self._is_terminal else "")
        self._last: ChatResult | None = None
        self._drawn: ChatResult | None = None
        """The result that this cell has drawn already, so that `Out[n]` does not draw it again."""

    def install(self) -> None:
        """Register the magics, and what lets prompts reach them as typed."""
        self.shell.register_magics(self)
        self.shell.input_transformers_cleanup[:0] = [self._transformer, transform_lines]
        formatter = self.shell.display_formatter.ipython_display_formatter
        formatter.for_type("chat_magic.result.ChatResult", self._display)
        self.shell.events.register("pre_run_cell", self._forget_drawn)

    def uninstall(self) -> None:
        """Take out what `install` put in."""
        for transformer in (self._transformer, transform_lines):
            self.shell.input_transformers_cleanup.remove(transformer)
        for kind in ("line", "cell"):
            self.shell.magics_manager.magics[kind].pop("chat", None)
        formatter = self.shell.display_formatter.ipython_display_formatter
        formatter.pop("chat_magic.result.ChatResult", None)
        self.shell.events.unregister("pre_run_cell", self._forget_drawn)

    def _forget_drawn(self, _info: object = None) -> None:
        self._drawn = None

    def _display(self, result: ChatResult) -> None:
        """Skip a display that the cell has shown live; any other takes the usual way."""
        if result is not self._drawn:
            raise NotImplementedError
        self._drawn = None

    @no_var_expand
    @line_cell_magic
    def chat(self, line: str, cell: str | None = None) -> ChatResult | None:
        """Send a prompt; replaced by the generated help."""
        from chat_magic.core.cell import read_cell, read_prompt  # noqa: PLC0415

        variables = self.shell.user_ns
        if cell is None:
            read = read_prompt(f"%chat {line}", variables, OWN_OPTIONS)
        else:
            read = read_cell(f"%%chat {line}\n{cell}", variables, OWN_OPTIONS)
        if "help" in read.options:
            print(help_text())
            return None
        return self._answer(read)

    chat.__doc__ = help_text()

    def _answer(self, cell: Cell) -> ChatResult | None:
        from chat_magic.engine import Run  # noqa: PLC0415 - the network waits for its first use

        name = read_name(cell.options.get("out"))
        timeout_s = read_timeout(cell.options.get("timeout"))
        request = self._prepare(cell)
        if "dry-run" in cell.options:
            self._show_request(request)
            return None
        run = Run(request, timeout_s)
        live = None if cell.is_silent else self._open_live()
        try:
            result = run.wait(_shower(live) if live else None)
        except (ChatError, ChatInterrupted) as error:
            self._take(error.result, name, live)
            raise
        self._take(result, name, live)
        return None if cell.is_silent else self._as_value(result)

    def _prepare(self, cell: Cell) -> ChatRequest:
        from chat_magic.engine import prepare  # noqa: PLC0415

        after, choice = None, 0
        if cell.options.get("after") is not None:
            after, choice = read_after(cell.options["after"] or "", self.shell.user_ns)
        elif "continue" in cell.options:
            if self._last is None:
                raise InvalidRequest("-c: there is no result yet to go on from", line=1)
            after = self._last
        return prepare(cell.request, after=after, choice=choice)

    def _show_request(self, request: ChatRequest) -> None:
        from chat_magic.transport.endpoints import describe  # noqa: PLC0415

        try:
            print(describe(request.model or ""))
        except InvalidRequest as error:
            print(error)
        print(json.dumps(request.body(), indent=2, ensure_ascii=False))

    def _open_live(self) -> Live:
        from chat_magic.view.live import open_live  # noqa: PLC0415

        return open_live(terminal=self._is_terminal)

    def _take(self, result: ChatResult | None, name: str | None, live: Live | None) -> None:
        """Bind and draw what came, be it whole or not."""
        if result is not None:
            self._last = result
            if name is not None:
                self.shell.push({name: result})
        if live is not None:
            live.finish(None if result is None else result._repr_mimebundle_())

    def _as_value(self, result: ChatResult) -> ChatResult:
        """Make the drawn result the cell's value without drawing it again."""
        self._drawn = result
        if self._is_terminal:
            self.shell.displayhook.update_user_ns(result)
            self.shell.displayhook.fill_exec_result(result)
        return result


def _shower(live: Live) -> Callable[[Run], float]:
    """Make the function that draws a run's state and says when it may be called again."""
    from chat_magic.view.live import Snapshot  # noqa: PLC0415

    def show(run: Run) -> float:
        assembler = run.assembler
        first = assembler.first_text_ms
        live.show(
            Snapshot(
                model=run.request.model or "",
                n=run.request.parameters.get("n", 1),
                texts=assembler.texts(),
                finish_reasons=assembler.finish_reasons(),
                elapsed_s=run.elapsed_s,
                ttft_s=None if first is None else first / 1000,
                tokens=assembler.n_tokens,
                note=run.note if first is None else None,
            )
        )
        return live.delay_s

    return show
