"""Install real servers, ask each for every feature by two clients, and print how they compare.

    python -m tests.servers [FOLDER [SERVER ...]]

The servers are installed into FOLDER (by default build/servers), which takes minutes and gigabytes.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.servers.features import FEATURES, Outcome, ask_chat_magic, ask_openai, request_of
from tests.servers.servers import SERVERS, Running, embedded, running

EMBEDDED = "llama.cpp"


def main(arguments: list[str]) -> int:
    """Print a table of features and servers, then each difference; return the exit status."""
    folder = Path(arguments[0] if arguments else "build/servers").resolve()
    names = arguments[1:] or [EMBEDDED, *(server.name for server in SERVERS)]
    columns: dict[str, dict[str, str]] = {}
    for name in names:
        with ExitStack() as stack:
            try:
                server = _start(name, folder, stack)
            except Exception as error:
                print(f"{name} did not start: {error}")
                continue
            columns[name] = {feature: _compare(name, feature, server) for feature in FEATURES}
    print("\n| feature |", " | ".join(columns), "|")
    print("|---|" + "---|" * len(columns))
    for feature in FEATURES:
        print(f"| {feature} |", " | ".join(column[feature] for column in columns.values()), "|")
    return 0 if len(columns) == len(names) else 1


def _start(name: str, folder: Path, stack: ExitStack) -> Running:
    if name == EMBEDDED:
        return embedded()
    (server,) = (server for server in SERVERS if server.name == name)
    return stack.enter_context(running(server, folder / name))


def _compare(name: str, feature: str, server: Running) -> str:
    os.environ["CHAT_MAGIC_HISTORY"] = "off"
    os.environ["CHAT_MAGIC_BASE_URL"] = server.base_url
    os.environ["CHAT_MAGIC_API_KEY"] = server.key
    request = request_of(feature, server)
    ours, theirs = ask_chat_magic(request), ask_openai(request, server)
    differences = ours.differences(theirs)
    for text in (*differences, *(f"warning: {note}" for note in ours.notes), ours.error):
        if text:
            print(f"{name}, {feature}: {text}")
    return _word(ours, theirs, differences)


def _word(ours: Outcome, theirs: Outcome, differences: list[str]) -> str:
    if ours.error and theirs.error:
        return f"both refused, {ours.status or 'no status'}"
    if ours.error or theirs.error:
        return "only chat-magic failed" if ours.error else "only openai-python failed"
    fields = ", ".join(difference.partition(":")[0] for difference in differences)
    return f"differ: {fields}" if fields else "same"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
