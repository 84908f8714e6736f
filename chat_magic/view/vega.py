"""Altair charts as outputs of a notebook: with an image, or as a table where altair is missing."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, Any, TypeVar

from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    import altair as alt

    Chart = TypeVar("Chart", bound=alt.TopLevelMixin)

VEGA_LITE = "application/vnd.vegalite.v5+json"
"""The version that JupyterLab 4, Notebook 7 and VS Code draw."""
INK = "#808080"
"""A grey that is readable on white and on black."""
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_DENSITY = 2
"""Pixels of the image for each pixel of the page."""


def required_chart(make_chart: Callable[[], Chart]) -> Chart:
    """Return an altair chart that a user asked for.

    Raises:
        InvalidRequest: altair is not installed.
    """
    try:
        return make_chart()
    except ImportError as error:
        raise InvalidRequest(
            "an altair chart requires altair: pip install 'chat-magic[plots]'"
        ) from error


def chart_bundle(
    make_chart: Callable[[], Any], *, html: Callable[[], str], text: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a chart as a bundle of MIME types, and the metadata of its image.

    Args:
        make_chart: Makes the altair chart.
        html: Draws the same without altair.
        text: The same in words.
    """
    try:
        spec = make_chart().to_dict()
    except ImportError:
        return {"text/html": html(), "text/plain": text}, {}
    spec["$schema"] = _SCHEMA
    image, metadata = _image(spec)
    return {VEGA_LITE: spec, **image, "text/plain": text}, metadata


def _image(spec: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the chart as an image, for pages that do not draw Vega-Lite, and its size."""
    try:
        import vl_convert  # may not be installed
    except ImportError:
        return {}, {}
    data = vl_convert.vegalite_to_png(spec, vl_version="5.20", scale=_DENSITY)
    width, height = struct.unpack(">2I", data[16:24])  # of the PNG's header
    size = {"width": width / _DENSITY, "height": height / _DENSITY}
    return {"image/png": base64.b64encode(data).decode("ascii")}, {"image/png": size}
