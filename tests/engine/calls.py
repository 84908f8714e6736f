"""Prepared calls and started ones, as the tests of the engine use them."""

from __future__ import annotations

from chat_magic.core.cell.grid_cell import read_grid
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.request.request import read_fields
from chat_magic.engine.chat import start_answer
from chat_magic.engine.grid_plan import plan_grid
from chat_magic.engine.grid_task import start_grid
from chat_magic.engine.prepare import prepare_call
from chat_magic.engine.session import default_session
from tests.completions import completion
from tests.gateway import streamed


def prepare(**fields):
    """Return the prepared call of a request."""
    return prepare_call(default_session(), read_fields(fields, allow_extra=False))


def start(call):
    """Send a prepared call, and return its handle."""
    return start_answer(default_session(), call)


def plan_cell(cell, *, variables=(), **options):
    """Return the plan of a cell's calls."""
    grid = read_grid(cell, dict(variables), MAGIC_OPTIONS)
    return plan_grid(default_session(), grid.axes, grid.variants, **options)


def start_cell(cell, **options):
    """Send the calls of a cell, and return their handle."""
    return start_grid(default_session(), plan_cell(cell, **options))


def echo(request):
    """Answer with the model, the temperature and the last message of a request."""
    sent = request.json
    words = f"{sent['model']} {sent.get('temperature')} {sent['messages'][-1]['content']}"
    return streamed(completion(*[words] * sent.get("n", 1)))
