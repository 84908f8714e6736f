"""A metric over a grid: a chart where altair is there, a coloured table where it is not."""

from __future__ import annotations

import base64
import json
import math
import re
import struct
import sys

import pytest

from chat_magic.errors import InvalidRequest
from chat_magic.view.heatmap import heatmap
from chat_magic.view.vega import VEGA_LITE
from tests.view.conftest import axis
from tests.view.html.sanitizer import dropped, text_of

TEMPERATURE = axis("temperature", "0", "0.5", "1")
TONE = axis("tone", "formal", "<b>")
SEED = axis("seed", "1", "2")
VALUES = [[1.0], [2.0], [3.0, 4.0], [None, 5.0], [], [math.nan, 1234.5]]


@pytest.fixture
def without_altair(monkeypatch):
    """Make altair a package that is not installed."""
    monkeypatch.setitem(sys.modules, "altair", None)


@pytest.fixture
def drawn():
    """The bundle of six runs, of which one has no answer."""
    return heatmap((TEMPERATURE, TONE), {"perplexity": VALUES}, "perplexity")._repr_mimebundle_()[0]


def test_a_cell_is_the_mean_of_what_is_known_of_a_run() -> None:
    found = heatmap((TEMPERATURE, TONE), {"perplexity": VALUES}, "perplexity")
    assert found.values == (1.0, 2.0, 3.5, 5.0, None, 1234.5)
    assert found.counts == (1, 1, 2, 1, 0, 1)


@pytest.mark.parametrize(
    ("axes", "rows", "columns"),
    [
        ((TONE,), ("",), ("formal", "<b>")),
        ((TEMPERATURE, TONE), ("0", "0.5", "1"), ("formal", "<b>")),
        ((SEED, TONE, SEED), ("seed 1 · formal", "seed 1 · <b>", "seed 2 · formal", "seed 2 · <b>"),
         ("1", "2")),
    ],
)  # fmt: skip
def test_the_last_axis_goes_to_the_right_and_the_others_down(axes, rows, columns) -> None:
    found = heatmap(axes, {"a": [[1.0]] * (len(rows) * len(columns))}, "a")
    assert (found.rows, found.columns) == (rows, columns)


def test_the_text_is_a_table(drawn) -> None:
    assert drawn["text/plain"] == (
        "perplexity by temperature and tone, mean of the choices\n"
        "tone  formal    <b>\n"
        "0          1      2\n"
        "0.5      3.5      5\n"
        "1          \u2013  1,234"
    )


def test_the_chart_is_vega_lite_of_a_version_that_jupyterlab_draws(drawn) -> None:
    """Its points say where they stand, and what is printed in them."""
    assert list(drawn) == [VEGA_LITE, "image/png", "text/plain"]
    spec = json.loads(json.dumps(drawn[VEGA_LITE], allow_nan=False))
    assert spec["$schema"] == "https://vega.github.io/schema/vega-lite/v5.json"
    points = spec["datasets"][spec["data"]["name"]]
    assert [(p["y"], p["x"], p["label"], p["count"]) for p in points][3:5] == [
        ("0.5", "<b>", "5", 1),
        ("1", "formal", "\u2013", 0),
    ]


def test_a_page_without_vega_has_a_picture_of_twice_the_pixels() -> None:
    """PNG: eight bytes of signature, then the header with width and height."""
    drawn, metadata = heatmap((TONE,), {"a": [[-1.0], [2.0]]}, "a")._repr_mimebundle_()
    data = base64.b64decode(drawn["image/png"])
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">2I", data[16:24])
    assert metadata["image/png"] == {"width": width / 2, "height": height / 2}
    assert width / 2 > 160
    assert drawn["text/plain"] == "a by tone\ntone  formal  <b>\n          \u22121    2"


def test_the_chart_can_be_changed_further() -> None:
    chart = heatmap((TONE,), {"a": [[1.0], [2.0]]}, "a").chart
    assert chart.properties(title="mine").to_dict()["title"] == "mine"


@pytest.mark.usefixtures("without_altair")
def test_without_altair_it_is_a_table_in_one_hue() -> None:
    """Of 1 to 1234.5 the least has the palest paint, the greatest the strongest."""
    found = heatmap((TEMPERATURE, TONE), {"perplexity": VALUES}, "perplexity")
    drawn, _ = found._repr_mimebundle_()
    assert list(drawn) == ["text/html", "text/plain"]
    html = drawn["text/html"]
    assert dropped(html) == []
    paint = re.findall(r"rgba\(46,139,208,([\d.]+)\)", html)
    assert (paint[0], paint[-1], len(paint)) == ("0.05", "0.65", 5)
    assert text_of(html).endswith("formal &lt;b&gt; 0 1 2 0.5 3.5 5 1 \u2013 1,234")


@pytest.mark.usefixtures("without_altair")
def test_only_who_asks_for_the_chart_itself_is_told_to_install_altair() -> None:
    found = heatmap((TONE,), {"a": [[1.0], [2.0]]}, "a")
    assert "install" not in str(found._repr_mimebundle_())
    with pytest.raises(InvalidRequest, match=r"pip install 'chat-magic\[plots\]'"):
        found.chart  # noqa: B018


@pytest.mark.parametrize(
    ("axes", "metric", "message"),
    [
        ((TONE,), "perplexty", "perplexty is not a metric; did you mean perplexity?"),
        ((TONE,), "z", "z is not a metric; expected one of perplexity, n_tokens"),
        ((), "perplexity", "the runs are not a grid"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(axes, metric: str, message: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(message)):
        heatmap(axes, {"perplexity": [[1.0], [2.0]], "n_tokens": [[1], [2]]}, metric)


@pytest.mark.parametrize("values", [[[3.0], [3.0]], [[], [None]]])
def test_equal_or_unknown_values_are_drawn_too(values) -> None:
    drawn, _ = heatmap((TONE,), {"a": values}, "a")._repr_mimebundle_()
    json.dumps(drawn[VEGA_LITE], allow_nan=False)
