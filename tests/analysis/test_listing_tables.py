"""The tables of commands."""

from __future__ import annotations

import pandas as pd

from chat_magic.analysis.listing_tables import (
    jobs_table,
    models_table,
    settings_table,
    threads_table,
)
from chat_magic.core.reply.capability import Capability, KnownCapabilities
from chat_magic.core.reply.listing import ListedModel
from chat_magic.core.reply.thread_use import ThreadRow


def test_a_date_in_seconds_is_a_time_in_utc():
    """Unknown ones are missing."""
    table = models_table(
        [ListedModel(id="a", created=86400, context_length=8), ListedModel(id="b", owned_by="x")]
    )
    assert table["created"].tolist() == [pd.Timestamp("1970-01-02", tz="UTC"), pd.NaT]
    assert table["context_length"].isna().tolist() == [False, True]
    assert table["owned_by"].isna().tolist() == [True, False]


def test_what_is_known_about_a_model_is_beside_it():
    """By its name at the server; of others nothing is known."""
    known = KnownCapabilities(findings={"n": Capability("n", "ignored")}, checked_s=0.0)
    table = models_table([ListedModel(id="a"), ListedModel(id="b")], {"a": known})
    assert table["capabilities"][0] == "n ignored (1970-01-01)"
    assert table["capabilities"].isna().tolist() == [False, True]


def test_settings_are_rows_of_texts():
    """In the order that is given."""
    table = settings_table([("model", "a/b", "environment"), ("n", "2", "config file")])
    assert table.values.tolist() == [["model", "a/b", "environment"], ["n", "2", "config file"]]


def test_a_job_says_how_it_is_cancelled():
    """Its start is in whole seconds."""
    row = jobs_table([(7, "r", "a/b", "streaming", 1.9, 0.5)]).iloc[0]
    assert row["cancel"] == "%chat /jobs cancel 7"
    assert row["started"] == pd.Timestamp("1970-01-01 00:00:01", tz="UTC")
    assert row["elapsed_s"] == 0.5


def test_a_thread_without_turns_has_only_its_name():
    """The time of the last turn is in whole seconds."""
    rows = [ThreadRow(thread="a", turns=1, started_s=1.9), ThreadRow(thread="b", turns=0)]
    table = threads_table(rows)
    assert table["started"].tolist() == [pd.Timestamp("1970-01-01 00:00:01", tz="UTC"), pd.NaT]
    assert table.loc[1, ["prompt", "model", "tokens"]].isna().all()


def test_tables_without_rows_keep_their_dtypes():
    """As far as anything can be done with them."""
    for empty, full in (
        (models_table([]), models_table([ListedModel(id="a")])),
        (jobs_table([]), jobs_table([(1, "r", "a/b", "done", 0.0, 0.0)])),
        (threads_table([]), threads_table([ThreadRow(thread="a", turns=1, started_s=1.0)])),
        (settings_table([]), settings_table([("a", "b", "c")])),
    ):
        assert len(empty) == 0
        assert empty.dtypes.to_dict() == full.dtypes.to_dict()
