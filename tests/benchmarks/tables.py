"""What the tables cost: 8 choices x 4,096 tokens x 20 alternatives, against pandas and numpy.

python tests/benchmarks/tables.py    prints the ratios of one run
"""

from __future__ import annotations

import gc
import json
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd

from chat_magic.analysis.logprob_warnings import logprob_warnings
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.reply_tables import alternatives_table, tokens_table
from chat_magic.core.reply.assembler import Assembler

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.core.reply.reply import Reply

CHOICES, TOKENS, TOP = 8, 4096, 20
REPEATS = 5


def completion() -> dict[str, Any]:
    """Return an answer whose tokens come as often as words do, with sound probabilities."""
    random = np.random.default_rng(0)
    words = [f" word{number}" for number in range(20_000)]
    entries = [{"token": word, "bytes": list(word.encode())} for word in words]
    choices = []
    for index in range(CHOICES):
        probs = np.sort(random.dirichlet(np.full(TOP + 1, 0.1), TOKENS), axis=1)[:, :0:-1]
        logprobs = np.log(np.maximum(probs, 1e-12)).round(6)
        first = random.zipf(1.3, (TOKENS, 1)) % len(words)
        which = (first + np.arange(TOP) * 37) % len(words)
        tokens = []
        for row, values in zip(which.tolist(), logprobs.tolist(), strict=True):
            top = [{**entries[w], "logprob": x} for w, x in zip(row, values, strict=True)]
            tokens.append({**top[0], "top_logprobs": top})
        message = {"role": "assistant", "content": "".join(t["token"] for t in tokens)}
        choices.append(
            {"index": index, "finish_reason": "stop", "message": message,
             "logprobs": {"content": tokens}}
        )  # fmt: skip
    return {"object": "chat.completion", "choices": choices}


def tables(reply: Reply) -> list[pd.DataFrame]:
    """Return the tables of tokens and of alternatives."""
    columns = read_replies([reply])
    return [tokens_table(columns, attrs={}), alternatives_table(columns, attrs={})]


def normalized(choices: list[Any]) -> list[pd.DataFrame]:
    """Return what `pandas.json_normalize` makes of the same: no position, rank or metric."""
    path = ["logprobs", "content"]
    return [
        pd.json_normalize(choices, path, ["index"]),
        pd.json_normalize(choices, [*path, "top_logprobs"], ["index"]),
    ]


def bare_columns(reply: Reply, *, decoded: bool) -> list[Any]:
    """Fill the columns that hold what was sent, and the keys, of both tables; nothing else."""
    filled: list[Any] = []
    tokens = [t for c in reply.choices for t in c.logprobs.content]  # type: ignore[union-attr]
    others = [other for token in tokens for other in token.top_logprobs]
    for rows in (tokens, others):
        sent = [bytes(row.bytes) if decoded else row.raw_bytes for row in rows]
        filled += [
            np.fromiter([row.token for row in rows], object, len(rows)),
            np.fromiter(sent, object, len(rows)),
            np.array([row.logprob for row in rows], dtype=np.float64),
        ]
    sizes = np.array([len(token.top_logprobs) for token in tokens])
    lengths = np.array([len(c.logprobs.content) for c in reply.choices])  # type: ignore[union-attr]
    choice = np.repeat(np.arange(len(lengths)), lengths)
    position = np.concatenate([np.arange(length) for length in lengths])
    rank = np.concatenate([np.arange(size) for size in sizes])
    return [*filled, choice, position, np.repeat(choice, sizes), np.repeat(position, sizes), rank]


def seconds(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the processor time of the quickest of some runs."""
    times = []
    for _ in range(repeats):
        gc.collect()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def memory(reply: Reply) -> tuple[float, float]:
    """Return the bytes of both tables, and the most that was held while they were made."""
    gc.collect()
    tracemalloc.start()
    made = tables(reply)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return sum(int(table.memory_usage(deep=True).sum()) for table in made), peak


def parsed(data: bytes) -> Reply:
    """Return the answer as the client decodes it."""
    assembler = Assembler()
    assembler.feed_whole(data, 0.0)
    return assembler.reply()


def main() -> None:
    """Print times and ratios as a Markdown table."""
    data = msgspec.json.encode(completion())
    reply = parsed(data)
    ours = seconds(lambda: tables(reply))
    decode = seconds(lambda: parsed(data))
    diagnosis = seconds(lambda: logprob_warnings(reply))
    bare = seconds(lambda: bare_columns(reply, decoded=False))
    decoded = seconds(lambda: bare_columns(reply, decoded=True))
    size, peak = memory(reply)
    choices = json.loads(data)["choices"]
    pandas = seconds(lambda: normalized(choices), repeats=2)
    rows = [
        ("parsed reply to both tables", ours, "1"),
        ("`pandas.json_normalize`, both lists", pandas, f"1/{pandas / ours:.1f}"),
        ("bare numpy columns, bytes decoded", decoded, f"{ours / decoded:.1f}"),
        ("bare numpy columns, bytes left as JSON text", bare, f"{ours / bare:.1f}"),
        ("decoding the reply's JSON", decode, f"{ours / decode:.1f}"),
        ("`logprob_warnings`", diagnosis, f"{ours / diagnosis:.1f}"),
    ]
    print(f"{CHOICES} x {TOKENS:,} x {TOP} alternatives, {len(data) / 1e6:.0f} MB of JSON\n")
    print("| what | CPU seconds | the tables take … times that |\n|---|---|---|")
    for what, took, ratio in rows:
        print(f"| {what} | {took:.2f} | {ratio} |")
    print(f"\nMemory: tables {size / 1e6:.0f} MB, peak while making them {peak / 1e6:.0f} MB: "
          f"{peak / size:.1f} times.")  # fmt: skip


if __name__ == "__main__":
    main()
