"""The bar of a map."""

from __future__ import annotations

from chat_magic.view.live.map_bar import MapBar, NoBar


def test_the_bar_shows_how_many_rows_are_done_and_what_else_is_known(capsys):
    """On stderr, as tqdm's."""
    bar = MapBar(10)
    bar.update(4, "1 failed")
    bar.close()
    shown = capsys.readouterr().err
    assert "4/10" in shown
    assert "1 failed" in shown


def test_no_bar_shows_nothing(capsys):
    """As with `progress=False`."""
    bar = NoBar()
    bar.update(4, "1 failed")
    bar.close()
    assert capsys.readouterr() == ("", "")
