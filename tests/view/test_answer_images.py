"""Images of an answer: in every form that servers send, shown only where they are images."""

from __future__ import annotations

import base64

import pytest

from chat_magic.view import answer_images
from chat_magic.view.answer_images import images_of, media_type_of
from tests.view.conftest import choice

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0rest").decode()
GIF = base64.b64encode(b"GIF89arest").decode()
WEBP = base64.b64encode(b"RIFF1234WEBPrest").decode()
SVG = base64.b64encode(b"<svg onload='alert(1)'/>").decode()
URL = f"data:image/png;base64,{PNG}"


def images(*items, **extra):
    """Return the images of a message with these `images`."""
    return images_of(choice(text="", extra={**({"images": list(items)} if items else {}), **extra}))


@pytest.mark.parametrize(
    "item",
    [
        {"type": "image_url", "image_url": {"url": URL}, "index": 0},
        {"type": "image_url", "image_url": URL},
        {"url": URL},
        URL,
        {"b64_json": PNG},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
        {"type": "image", "image": {"data": PNG}},
    ],
)
def test_an_image_is_read_in_every_form(item):
    """OpenRouter's, OpenAI's, Anthropic's and Google's; in `images` or among the content parts."""
    (image,) = images(item)
    assert (image.media_type, image.base64) == ("image/png", PNG)
    if isinstance(item, dict) and item.keys() - {"url", "b64_json"}:
        assert images(content=[{"type": "text", "text": "x"}, item]) == [image]


@pytest.mark.parametrize(
    ("data", "kind"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")],
)
def test_the_first_bytes_say_what_an_image_is(data, kind):
    """Not the media type that is claimed."""
    (image,) = images(f"data:image/svg+xml;base64,{data}")
    assert image.media_type == kind


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (f"data:image/png;base64,{SVG}", "not PNG, JPEG, WebP or GIF"),
        (f"data:image/svg+xml;base64,{SVG}", "not PNG, JPEG, WebP or GIF"),
        ("data:image/svg+xml,<svg/>", "not base64"),
        ("data:image/png;base64,???", "not base64"),
        ("javascript:alert(1)", "not http or https"),
        ("file:///etc/passwd", "not http or https"),
        ({"b64_json": base64.b64encode(b"RIFF1234WAVE").decode()}, "not PNG, JPEG, WebP or GIF"),
        ({"type": "image_url"}, "neither data nor an address"),
        (3, "neither data nor an address"),
    ],
)
def test_what_is_no_image_is_named_and_not_shown(item, problem):
    """Whatever it claims to be."""
    (image,) = images(item)
    assert image.media_type is None
    assert not image.data
    assert image.link is None
    assert problem in image.description


def test_an_image_elsewhere_is_a_link():
    """Nothing is fetched."""
    (image,) = images({"image_url": {"url": "https://x.org/a.png"}})
    assert (image.media_type, image.link) == (None, "https://x.org/a.png")


def test_an_image_that_is_sent_twice_is_shown_once_and_a_large_one_is_named(monkeypatch):
    """A notebook has to hold it."""
    assert len(images(URL, URL)) == 1
    monkeypatch.setattr(answer_images, "LARGEST_IMAGES", 19)
    assert [each.media_type for each in images(URL, {"b64_json": JPEG})] == ["image/png", None]
    assert "8 bytes, which are in" in images(URL, {"b64_json": JPEG})[1].description


def test_an_answer_without_images_has_none():
    """Other parts of the content are not images."""
    assert images() == []
    assert images(content=[{"type": "text", "text": "x"}, "y"], other=1) == []
    assert media_type_of(b"") is None
