"""What a second Dask worker brings where the server answers after 200 ms.

python tests/benchmarks/cluster.py

Each worker runs 16 requests at a time, so that two of them run 32; the best of two runs counts. A
map without a cluster is beside them. At best 16 requests at a time give 80 rows/s.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
os.environ["CHAT_MAGIC_HISTORY"] = "off"

EACH, ROWS, RUNS, THINK_S = 16, 240, 2, 0.2


def rows_per_s(n_rows: int, concurrency: int, **options: object) -> float:
    """Return the best speed of some runs, in rows per second."""
    from chat_magic import chat_map

    texts = [f"row {number}" for number in range(n_rows)]
    speeds = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        answers = chat_map(
            texts, "{{ text }}", concurrency=concurrency, progress=False, resume=False, **options
        )
        speeds.append(n_rows / (time.perf_counter() - begin))
        assert answers["answer"].notna().all()
    return max(speeds)


def serve() -> None:
    """Answer each request after the time to think, until the standard input is closed."""
    from tests.completions import completion
    from tests.gateway import Gateway, Sleep, streamed

    whole = streamed(completion("yes"))
    with Gateway(type(whole)([Sleep(THINK_S), *whole.steps], headers=whole.headers)) as gateway:
        print(gateway.base_url, flush=True)
        sys.stdin.read()


@contextmanager
def served() -> Iterator[str]:
    """Run the server in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, __file__, "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdout
        assert process.stdin
        yield process.stdout.readline().strip()
        process.stdin.close()


def main() -> None:
    """Print the table."""
    from distributed import Client, LocalCluster

    with served() as base_url:
        os.environ["CHAT_MAGIC_BASE_URL"] = base_url
        os.environ["CHAT_MAGIC_API_KEY"] = "sk-none"
        os.environ["CHAT_MAGIC_MODEL"] = "a/b"
        here = rows_per_s(ROWS, EACH)
        print(f"| no cluster, concurrency {EACH} | {here:.0f} rows/s | |", flush=True)
        speeds = {}
        for n in (1, 2):
            with (
                LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=None) as cluster,
                Client(cluster) as client,
            ):
                client.wait_for_workers(n)
                speeds[n] = rows_per_s(n * ROWS, n * EACH, executor=client)
            words = f"{n} worker{'s'[: n != 1]}, concurrency {n * EACH}"
            print(f"| {words} | {speeds[n]:.0f} rows/s | {speeds[n] / speeds[1]:.2f} |", flush=True)


if __name__ == "__main__":
    (serve if sys.argv[1:] == ["serve"] else main)()
