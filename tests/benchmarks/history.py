"""What the history costs: CPU beside a stream, rows of many processes, look-ups at 100,000 rows.

python tests/benchmarks/history.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("CHAT_MAGIC_HISTORY", "off")

PROCESSES, ROWS, LARGE = 8, 1_000, 100_000
STREAM_EVENTS = 10_000


def cpu_of_streams(path: Path | None, *, n_top: int | None, seconds: float) -> tuple[float, float]:
    """Return the CPU seconds of a stream with or without a history, and its wall seconds.

    Both processes have imported the same, and begin without garbage: collecting that of an import
    would count as a cost of what happens to run then.
    """
    code = f"""
import gc, json, os, sys, time
sys.path.insert(0, {str(ROOT)!r})
import chat_magic
from tests.benchmarks.history import gateway_of
gateway = gateway_of({n_top!r}, {seconds!r})
chat_magic.chat("warm", stream=True, extra={{"warm": True}}, history=False)
from chat_magic.engine.session import default_session
if {path is not None!r}:
    chat_magic.chat("warm", extra={{"warm": True}})
    default_session().history.store().flush()
gc.collect()
begin, cpu = time.perf_counter(), time.process_time()
chat_magic.chat("Hi", logprobs={n_top is not None!r})
if {path is not None!r}:
    default_session().history.store().flush()
print(time.process_time() - cpu, time.perf_counter() - begin)
gateway.kill()
"""
    environment = {**os.environ, "CHAT_MAGIC_HISTORY": str(path) if path else "off"}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    cpu, wall = ran.stdout.split()
    return float(cpu), float(wall)


SERVER = """
import sys, time
sys.path.insert(0, {root!r})
from tests.benchmarks.history import answer
from tests.gateway import Gateway
n_top, seconds = {n_top!r}, {seconds!r}
with Gateway(lambda request: answer(request, n_top, seconds)) as gateway:
    print(gateway.base_url, flush=True)
    sys.stdin.read()
"""


def gateway_of(n_top: int | None, seconds: float) -> subprocess.Popen[str]:
    """Start a server in a process of its own, and make it the configured one."""
    code = SERVER.format(root=str(ROOT), n_top=n_top, seconds=seconds)
    server = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    os.environ["CHAT_MAGIC_BASE_URL"] = server.stdout.readline().strip()
    os.environ["CHAT_MAGIC_API_KEY"] = "none"
    os.environ["CHAT_MAGIC_MODEL"] = "a/b"
    return server


def answer(request, n_top, seconds):
    """Answer with a stream of many events, at once or paced."""
    from tests.completions import chunks_of, completion, sse
    from tests.gateway import Sleep, events, streamed

    if request.json.get("warm"):
        return streamed(completion("warm"))
    chunks = chunks_of(completion("word " * STREAM_EVENTS, n_top=n_top))
    if not seconds:
        return events(*chunks)
    n_steps = int(seconds * 20)
    size = max(1, len(chunks) // n_steps)
    steps = []
    for start in range(0, len(chunks), size):
        steps += [Sleep(0.05), b"".join(map(sse, chunks[start : start + size]))]
    from tests.gateway import Answer

    return Answer([*steps, b"data: [DONE]\n\n"], headers={"Content-Type": "text/event-stream"})


def rows_of_processes(folder: Path) -> tuple[float, int, list[str]]:
    """Let processes write at once; return the seconds, the rows, and what went wrong."""
    from tests.processes import PIPED, start_python
    from tests.store.executions import open_store
    from tests.store.test_history_store import WRITE

    path = folder / "many.db"
    begin = time.perf_counter()
    writers = [start_python(WRITE, path, number, ROWS, **PIPED) for number in range(PROCESSES)]
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    faults = [writer.communicate()[0].strip() for writer in writers]
    seconds = time.perf_counter() - begin
    store = open_store(path)
    count = len(store.matching(""))
    store.close()
    return seconds, count, [fault for fault in faults if fault != "[]"]


def look_ups(folder: Path) -> dict[str, float]:
    """Return the milliseconds of look-ups in a large history, medians of 5."""
    from datetime import UTC, datetime
    from random import Random

    from tests.store.executions import ended, open_store, started

    words = [f"word{number}" for number in range(5_000)]
    random = Random(1)
    store = open_store(folder / "large.db")
    now = datetime.now(UTC).timestamp()
    for number in range(LARGE):
        prompt = " ".join(random.choices(words, k=20))
        reply = " ".join(random.choices(words, k=40))
        fields = {"started_s": now - (LARGE - number) * 60, "notebook": f"/w/n{number % 50}.ipynb"}
        execution = store.start(lambda p=prompt, f=fields: started(p, **f))
        execution.end(lambda r=reply, n=number: ended(r, cost=n / LARGE, total_tokens=n % 2000))
        if number % 5_000 == 0:
            store.writer.flush(600)
    store.writer.flush(600)
    queries = [
        "", "word7", "word7 word8", '"word7 word8"', "wor*", "nothinglikethis", "猫",
        "model:a/*", "model:none/*", "since:2h", "status:failed", "cost>0.999", "notebook:n7.ipynb",
        "is:starred", "word7 cost>0.5",
    ]  # fmt: skip
    times = {f"/history {query}": median_ms(lambda q=query: store.search(q)) for query in queries}
    times["/show #50000"] = median_ms(lambda: store.load(50_000))
    times["load(-1)"] = median_ms(lambda: store.load(-1))
    times["/star #50000"] = median_ms(lambda: store.star(50_000))
    numbers = iter(range(100, 10_000))
    times["/forget #N"] = median_ms(lambda: store.forget([next(numbers)]))
    store.close()
    return times


def median_ms(function) -> float:
    """Return the median of 5 calls, in milliseconds."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        function()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| stream | CPU s without | with | more |\n|---|---|---|---|")
        for title, n_top, seconds in (
            ("10,000 events at once", None, 0),
            ("10,000 events in 10 s", None, 10),
            ("10,000 events, top 20, in 10 s", 20, 10),
        ):
            without, with_it = (
                statistics.median(
                    cpu_of_streams(path, n_top=n_top, seconds=seconds)[0] for _ in range(3)
                )
                for path in (None, folder / "stream.db")
            )
            print(f"| {title} | {without:.3f} | {with_it:.3f} | {with_it / without - 1:.0%} |")
        seconds, count, faults = rows_of_processes(folder)
        print(
            f"\n{PROCESSES} processes of {ROWS} rows: {count} rows in {seconds:.1f} s, {faults}\n"
        )
        print(f"| look-up of {LARGE:,} rows | ms |\n|---|---|")
        for title, milliseconds in look_ups(folder).items():
            print(f"| `{title}` | {milliseconds:.0f} |")


if __name__ == "__main__":
    main()
