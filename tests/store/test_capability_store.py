"""The findings about servers in a file."""

from __future__ import annotations

import json

import pytest

from chat_magic.core.reply.capability import Capability, KnownCapabilities
from chat_magic.store.capability_store import FILE, CapabilityStore

KNOWN = KnownCapabilities(
    findings={"n": Capability("n", "ignored", "1 choice came")}, checked_s=86400.5
)


@pytest.fixture
def store(tmp_path):
    """A store whose folder does not exist yet."""
    return CapabilityStore(tmp_path / "data" / FILE)


def test_findings_are_kept_per_server_and_model(store):
    """Later ones replace earlier ones."""
    later = KnownCapabilities(findings=KNOWN.findings, checked_s=2e5)
    store.save(("https://a.example/v1", "m"), KNOWN)
    store.save(("https://b.example/v1", "m"), KNOWN)
    store.save(("https://b.example/v1", "m"), later)
    assert store.load() == {
        ("https://a.example/v1", "m"): KNOWN,
        ("https://b.example/v1", "m"): later,
    }


@pytest.mark.parametrize(
    "content",
    [
        {"version": 2, "models": [{"server": "a"}]},
        {"version": 1, "models": 3},
        {"version": 1, "models": [3, {"server": "a", "model": "b", "findings": 0}]},
    ],
)
def test_another_version_or_shape_counts_as_nothing(store, content):
    """What a newer release wrote is not misread."""
    store.path.parent.mkdir()
    store.path.write_text(json.dumps(content), "utf-8")
    assert store.load() == {}


def test_findings_that_this_version_does_not_know_are_left_out(store):
    """The others are kept."""
    findings = [["n", "ignored", ""], ["new", "ignored", ""], ["seed", "new", ""], ["stop"]]
    entry = {"server": "a", "model": "b", "checked_s": 1, "findings": findings}
    store.path.parent.mkdir()
    store.path.write_text(json.dumps({"version": 1, "models": [entry]}), "utf-8")
    assert list(store.load()["a", "b"].findings) == ["n"]
