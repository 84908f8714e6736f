"""The table of what a server does."""

from __future__ import annotations

from chat_magic.analysis.capability_table import capability_table
from chat_magic.core.reply.capability import FEATURES, Capability, KnownCapabilities


def test_there_is_a_row_for_each_feature_in_their_order():
    """The date is in the attributes."""
    findings = {name: Capability(name, "honoured", name) for name in reversed(FEATURES)}
    table = capability_table(KnownCapabilities(findings=findings, checked_s=5.0))
    assert table["feature"].tolist() == list(FEATURES)
    assert table["detail"].tolist() == list(FEATURES)
    assert table["run"].tolist() == [0] * len(FEATURES)
    assert table.attrs["chat_magic"]["checked_s"] == 5.0
