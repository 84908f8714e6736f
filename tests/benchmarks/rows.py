"""What a map over many rows costs, beside openai-python: speed, CPU, the event loop, memory.

python -m tests.benchmarks.rows [ROWS]
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.server import served

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS, CONCURRENCY, WARM = 10_000, 64, 200
TEMPLATE = "Is this positive? {{ text }}"


def texts(count: int) -> list[str]:
    """Return so many different rows."""
    return [f"Review number {number}: it came late, but it works." for number in range(count)]


def measured(run: Callable[[], Any]) -> dict[str, Any]:
    """Return the wall and CPU seconds of a run, the peak of memory, and what it returned."""
    start, cpu = time.perf_counter(), time.process_time()
    returned = run()
    return {
        "s": time.perf_counter() - start,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **returned,
    }


def ask_openai(origin: str, count: int) -> dict[str, Any]:
    """Ask all rows by AsyncOpenAI, with a semaphore, as its users do."""
    import openai

    async def ask_all() -> dict[str, Any]:
        client = openai.AsyncOpenAI(base_url=f"{origin}/short/v1", api_key="sk-benchmark")
        gate = asyncio.Semaphore(CONCURRENCY)

        async def ask(text: str) -> str:
            messages = [{"role": "user", "content": TEMPLATE.replace("{{ text }}", text)}]
            async with gate:
                stream = await client.chat.completions.create(
                    model="a/b", messages=messages, stream=True
                )
                return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        await asyncio.gather(*map(ask, texts(WARM)))
        start, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*map(ask, texts(count)))
        return {"s": time.perf_counter() - start, "cpu_s": time.process_time() - cpu}

    return measured(lambda: asyncio.run(ask_all()))


def ask_ours(origin: str, count: int, **options: Any) -> dict[str, Any]:
    """Ask all rows by `chat_map`, and watch the event loop."""
    import pandas as pd

    from chat_magic import chat_map
    from chat_magic.engine.session import default_session

    os.environ.update(
        CHAT_MAGIC_BASE_URL=f"{origin}/short/v1", CHAT_MAGIC_API_KEY="sk-benchmark",
        CHAT_MAGIC_MODEL="a/b", CHAT_MAGIC_HISTORY="off",
    )  # fmt: skip
    asking = {"concurrency": CONCURRENCY, "progress": False}
    chat_map(texts(WARM), TEMPLATE, resume=False, **asking)
    data = pd.DataFrame({"text": texts(count)})
    longest_s = [0.0]
    beat = default_session().loop.submit(_beat(longest_s))

    def ask() -> dict[str, Any]:
        answers = chat_map(data, TEMPLATE, **asking, **options)
        is_file = isinstance(answers, Path)
        frame = 0 if is_file else answers.memory_usage(deep=True).sum() / 2**20
        return {
            "frame_mb": float(frame),
            "missing": 0 if is_file else int(answers["answer"].isna().sum()),
        }

    found = measured(ask)
    beat.cancel()
    return {**found, "longest_block_ms": longest_s[0] * 1000}


async def _beat(longest_s: list[float], pause_s: float = 0.002) -> None:
    """Note how much later than asked the loop goes on."""
    while True:
        start = time.perf_counter()
        await asyncio.sleep(pause_s)
        longest_s[0] = max(longest_s[0], time.perf_counter() - start - pause_s)


def ask_with_file(origin: str, count: int) -> dict[str, Any]:
    """Ask with a resume file."""
    with tempfile.TemporaryDirectory() as folder:
        return ask_ours(origin, count, resume=f"{folder}/map.db")


def ask_to_file(origin: str, count: int) -> dict[str, Any]:
    """Ask and write a parquet file."""
    with tempfile.TemporaryDirectory() as folder:
        return ask_ours(origin, count, to=f"{folder}/answers.parquet")


KINDS: dict[str, Callable[[str, int], dict[str, Any]]] = {
    "openai": ask_openai,
    "ours": lambda origin, count: ask_ours(origin, count, resume=False),
    "resume": ask_with_file,
    "to": ask_to_file,
}


def run(origin: str, kind: str, count: int) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.rows", kind, origin, str(count)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout.splitlines()[-1])
    speed = count / found["s"]
    print(
        f"{kind:8} {count:>8,} rows: {speed:8.0f} rows/s, "
        f"{found['cpu_s'] / count * 1e6:6.0f} µs CPU a row, peak {found['peak_mb']:5.0f} MB"
        + (f" ({found['frame_mb']:.0f} of them the frame)" if found.get("frame_mb") else "")
        + (
            f", loop blocked {found['longest_block_ms']:.0f} ms"
            if "longest_block_ms" in found
            else ""
        )
    )
    return found


def main(count: int) -> None:
    """Print all figures."""
    with served() as origin:
        openai = run(origin, "openai", count)
        ours = run(origin, "ours", count)
        kept = run(origin, "resume", count)
        many = run(origin, "ours", 10 * count)
        run(origin, "to", 10 * count)
    print(f"times the requests/s of openai: {openai['s'] / ours['s']:.1f} (goal 3)")
    print(f"CPU a row, of openai's: {ours['cpu_s'] / openai['cpu_s']:.2f} (goal 0.33)")
    print(f"speed with a resume file: {ours['s'] / kept['s']:.0%} (goal 80 %)")
    beyond = [found["peak_mb"] - found["frame_mb"] for found in (ours, many)]
    print(f"peak beyond the frame, MB, {count:,} and {10 * count:,} rows: {beyond}")


if __name__ == "__main__":
    if len(sys.argv) > 3:
        print(json.dumps(KINDS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
