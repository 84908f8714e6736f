"""Attachments are read, checked and inlined before anything is sent."""

from __future__ import annotations

import base64

import pytest

from chat_magic.core.cell.cell import parse
from chat_magic.errors import InvalidRequest
from chat_magic.transport import attachments
from chat_magic.transport.attachments import inline

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
JPEG = b"\xff\xd8\xff\xe0 pixels"
WAV = b"RIFF\x00\x00\x00\x00WAVEfmt "
MP3 = b"ID3 sound"
PDF = b"%PDF-1.7 pages"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {"a.png": PNG, "b": JPEG, "c.wav": WAV, "d.mp3": MP3, "e.pdf": PDF, "f.txt": b"text"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)


def content(body: str):
    """Return the content of the one message of a body, as it is sent."""
    return inline(parse(body)).body()["messages"][0]["content"]


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (
            "@image a.png",
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded(PNG)}"}},
        ),
        (
            "@image b low",
            {
                "type": "image_url",
                "image_url": {"url": f"data:image/jpeg;base64,{encoded(JPEG)}", "detail": "low"},
            },
        ),
        (
            "@image https://x.org/a.png high",
            {"type": "image_url", "image_url": {"url": "https://x.org/a.png", "detail": "high"}},
        ),
        (
            "@audio c.wav",
            {"type": "input_audio", "input_audio": {"data": encoded(WAV), "format": "wav"}},
        ),
        (
            "@audio d.mp3",
            {"type": "input_audio", "input_audio": {"data": encoded(MP3), "format": "mp3"}},
        ),
        (
            "@file e.pdf",
            {
                "type": "file",
                "file": {
                    "filename": "e.pdf",
                    "file_data": f"data:application/pdf;base64,{encoded(PDF)}",
                },
            },
        ),
        (
            "@file f.txt",
            {
                "type": "file",
                "file": {
                    "filename": "f.txt",
                    "file_data": f"data:text/plain;base64,{encoded(b'text')}",
                },
            },
        ),
    ],
)
def test_an_attachment_becomes_the_apis_content_part(line, part):
    """Files are inlined with their type; URLs of images are passed on."""
    assert content(f"Look:\n{line}") == [{"type": "text", "text": "Look:"}, part]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("@image nowhere.png", "cannot be read (No such file"),
        ("@image .", "cannot be read (Is a directory"),
        ("@image f.txt", "PNG, JPEG, GIF or WebP"),
        ("@image c.wav", "its content is audio/wav"),
        ("@audio a.png", "WAV or MP3"),
        ("@audio https://x.org/a.wav", "URLs of images only"),
        ("@file https://x.org/a.pdf", "URLs of images only"),
    ],
)
def test_an_invalid_attachment_is_refused_with_its_line(line, words):
    """It is missing, of another type, or a URL that the API does not accept."""
    with pytest.raises(InvalidRequest) as caught:
        content(f"%%chat a/b\nLook:\n{line}")
    assert words in str(caught.value)
    assert caught.value.line == 3


def test_a_file_of_another_type_than_its_name_is_refused(tmp_path):
    """For example a JPEG that is named .png, or text that is named .pdf."""
    (tmp_path / "wrong.png").write_bytes(JPEG)
    (tmp_path / "wrong.pdf").write_bytes(b"text")
    with pytest.raises(
        InvalidRequest, match="its name says image/png, but its content is image/jpeg"
    ):
        content("@image wrong.png")
    with pytest.raises(InvalidRequest, match="its name says application/pdf"):
        content("@file wrong.pdf")


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    """The error has its size and the limit."""
    monkeypatch.setattr(attachments, "LARGEST_BYTES", 10)
    with pytest.raises(InvalidRequest, match=r"0\.0 MiB, must be at most 0 MiB"):
        content("@image a.png")


def test_a_predicted_output_is_read_from_its_file(tmp_path):
    """`--prediction @PATH`; a file that is not UTF-8 is refused."""
    request = inline(parse("%%chat a/b --prediction @f.txt\nhi"))
    assert request.body()["prediction"] == {"type": "content", "content": "text"}
    assert parse("%%chat a/b --prediction 'x y'\nhi").parameters["prediction"]["content"] == "x y"
    (tmp_path / "g").write_bytes(b"\xff")
    with pytest.raises(InvalidRequest, match="@g is not UTF-8 text"):
        inline(parse("%%chat a/b --prediction @g\nhi"))
