"""The child process: llama.cpp's server, which runs while any process holds a lease on it.

It reads its settings from stdin, as JSON, so that the key is not on the command line; writes its
two ports to stdout, as JSON, when it is ready; and writes to stderr why it cannot start.
"""

from __future__ import annotations

import json
import math
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from chat_magic.transport.local import CHOICES, CONTEXT_TOKENS
from chat_magic.transport.local.lease import LeaseServer


def main() -> None:
    """Serve until the last lease has ended."""
    settings = json.load(sys.stdin)
    answer = os.dup(1)
    os.dup2(2, 1)  # what llama.cpp prints goes to the log
    try:
        server = _serve(settings["path"], settings["alias"], settings["key"])
    except RuntimeError as error:
        sys.exit(str(error))
    leases = LeaseServer(settings["key"], settings["grace_s"])
    port = int(server.listening_address.rpartition(":")[2])
    os.write(answer, json.dumps({"port": port, "lease_port": leases.port}).encode())
    os.close(answer)
    leases.wait_until_abandoned()


def _serve(path: str, alias: str, key: str) -> Any:
    # Threads that spin at OpenMP's barriers stall for seconds when another process needs a core.
    os.environ["OMP_WAIT_POLICY"] = "passive"
    import xllamacpp  # type: ignore[import-untyped]  # reads the variable when it is imported

    cores = _usable_cores()
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {alias}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.use_jinja = True
    params.ui = False
    params.verbosity = 1  # errors only
    params.n_parallel = CHOICES
    # Each choice has its own cache. If they shared one (kv_unified), a choice that never ends would
    # use it up and break every stream; this way it ends with `length`.
    params.n_ctx = CHOICES * CONTEXT_TOKENS
    params.cache_ram_mib = 0  # of old prompts; the default may grow to 8 GB
    params.cpuparams.n_threads = min(max(cores // 2, 1), 4)
    params.cpuparams_batch.n_threads = min(cores, 8)
    return xllamacpp.Server(params)


def _usable_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # the quota of a container; `max` means none
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        cores = min(cores, math.ceil(int(quota) / int(period)))
    return cores


if __name__ == "__main__":
    main()
