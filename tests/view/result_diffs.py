"""Executions that tests of their differences compare."""

from __future__ import annotations

import json

from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.reply import Timing
from chat_magic.view.bundle import RunView
from chat_magic.view.result_diff import ComparedExecution, ResultDiff
from tests.completions import completion


def execution(title, prompt, *answers, model="a/b", **parameters):
    """Return an execution with these answers."""
    assembler = Assembler()
    if answers:
        assembler.feed_whole(json.dumps(completion(*answers)).encode(), 1.0)
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], **parameters}
    run = RunView(model=model, request=body, reply=assembler.reply(), timing=Timing())
    return ComparedExecution(title=title, runs=[run])


def diff(before, after, **changed):
    """Return what changed between two pairs of a prompt and answers."""
    return ResultDiff(execution("#3", *before), execution("#7", *after, **changed))
