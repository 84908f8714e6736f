"""What a second Dask worker brings where the server answers after 200 ms.

python tests/benchmarks/cluster.py

Each worker runs 16 requests at a time, so that two of them run 32; the best of two runs counts. A
map without a cluster is beside them. At best 16 requests at a time give 80 rows/s.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

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


def main() -> None:
    """Print the table."""
    from distributed import Client, LocalCluster

    from tests.completions import completion
    from tests.gateway import Gateway, Sleep, streamed

    whole = streamed(completion("yes"))
    slow = type(whole)([Sleep(THINK_S), *whole.steps], headers=whole.headers)
    with Gateway(slow) as gateway:
        os.environ["CHAT_MAGIC_BASE_URL"] = gateway.base_url
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
    main()
