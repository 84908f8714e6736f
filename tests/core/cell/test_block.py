"""The messages block: role lines, attachments, and the backslash that makes either text."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.block import head, read_text, write_text
from chat_magic.core.cell.cell import parse
from chat_magic.core.request.attachment import Attachment
from chat_magic.core.request.messages import Message
from chat_magic.errors import InvalidRequest
from tests.core.cell.reading import turns


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("hello", [("user", "hello")]),
        ("\n\n  hello  \n \n", [("user", "  hello  ")]),
        ("system: Be brief.\nuser: Hi", [("system", "Be brief."), ("user", "Hi")]),
        ("user:Hi", [("user", "Hi")]),
        ("user:  two spaces", [("user", " two spaces")]),
        ("user:\n\nfirst\n\nsecond\n\n", [("user", "first\n\nsecond")]),
        (
            "developer: a\nuser: b\nassistant: c",
            [("developer", "a"), ("user", "b"), ("assistant", "c")],
        ),
        (" user: indented is text", [("user", " user: indented is text")]),
        ("user : is text", [("user", "user : is text")]),
        ("users: is text", [("user", "users: is text")]),
        ("tool(call_1): 22 degrees", [("tool", "22 degrees")]),
        ("What is {x} and ${y} and $z?", [("user", "What is {x} and ${y} and $z?")]),
        (">>> 1 + 1\n2;", [("user", ">>> 1 + 1\n2;")]),
        ("{'a': 1} is a dict", [("user", "{'a': 1} is a dict")]),
        ("[1, 2, 3]", [("user", "[1, 2, 3]")]),
        ("user: ---", [("user", "---")]),
        ("a\r\nb", [("user", "a\nb")]),
        ("a\u2028user: b", [("user", "a\u2028user: b")]),
        ("", []),
    ],
)
def test_a_body_is_a_block_of_messages(body, expected):
    """Role lines at column 0 open messages; blank lines at their ends are not content."""
    assert turns(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("\\user: text", "user: text"),
        ("\\\\user: text", "\\user: text"),
        ("\\tool: text", "tool: text"),
        ("\\---\ntext", "---\ntext"),
        ("\\\\---", "\\---"),
        ('\\{"messages": []}', '{"messages": []}'),
        ('\\\\[{"role": "user"}]', '\\[{"role": "user"}]'),
        ("\\[ x^2 \\]", "\\[ x^2 \\]"),
        ("\\alpha: greek", "\\alpha: greek"),
        ("\\User: capital", "\\User: capital"),
        ("text\n\\---", "text\n\\---"),
        ("\\{not json}", "\\{not json}"),
    ],
)
def test_a_backslash_escapes_only_what_would_be_a_mark(body, expected):
    """Role lines, the opening `---`, a JSON body and such escapes lose one backslash."""
    assert turns(body) == [("user", expected)]


PIXEL = {"type": "text", "text": "Look:"}


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("user: Look:\n@image a.png", (PIXEL, Attachment("image", "a.png"))),
        ("Look:\n\n@image a b.png high\n", (PIXEL, Attachment("image", "a b.png", "high"))),
        ("@image 'high'\nLook:", (Attachment("image", "high"), PIXEL)),
        (
            "@audio a.wav\n@file b c.pdf",
            (Attachment("audio", "a.wav"), Attachment("file", "b c.pdf")),
        ),
        ("@image {{ path }} low", (Attachment("image", "x y.png", "low"),)),
        ("@image https://x.org/a.png", (Attachment("image", "https://x.org/a.png"),)),
    ],
)
def test_an_attachment_is_a_line_of_its_own(body, parts):
    """The text around it becomes parts of the message; a template may give the path."""
    assert turns(body, path="x y.png") == [("user", parts)]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("\\@image a.png", "@image a.png"),
        ("\\\\@file x", "\\@file x"),
        ("@image", "@image"),
        ("@images are nice", "@images are nice"),
        (" @image a.png", " @image a.png"),
        ("user: @image a.png", "@image a.png"),
        ("{{ evil }}", "@image a.png"),
        ("{{ at }}image a.png", "@image a.png"),
    ],
)
def test_what_is_no_attachment_is_text(body, text):
    """Escaped, indented, without a path, behind a role, or inserted."""
    assert turns(body, evil="@image a.png", at="@") == [("user", text)]


def test_names_and_call_ids_stand_in_parentheses():
    """`user(ada):` sets the name, `tool(id):` the call."""
    user, tool = parse("user(ada): hi\ntool(call_7): ok").messages
    assert (user.name, tool.tool_call_id) == ("ada", "call_7")


def test_a_role_in_capitals_is_text_and_earns_a_warning():
    """`User:` is not a role line, and the user is told so."""
    request = parse("%%chat\nhello\nUser: hi")
    assert request.messages[0].content == "hello\nUser: hi"
    assert "line 3" in request.warnings[0]


@pytest.mark.parametrize(
    ("message", "role_line", "text"),
    [
        (Message(role="user", content="hi"), "user", "hi"),
        (Message(role="user", name="ada", content="user: x"), "user(ada)", "\\user: x"),
        (Message(role="tool", tool_call_id="c1", content="22"), "tool(c1)", "22"),
        (
            Message(role="user", content=(Attachment("image", "a b", "low"),)),
            "user",
            "@image a b low",
        ),
        (Message(role="user", content=" blank end\n"), "user", None),
        (Message(role="assistant", content="x", extra={"refusal": "no"}), "assistant", None),
    ],
)
def test_a_message_is_written_as_role_line_and_text(message, role_line, text):
    """What the text cannot express is None; anything else reads back."""
    assert head(message) == role_line
    assert write_text(message) == text
    assert text is None or read_text(role_line, text) == message


def test_only_a_role_line_heads_a_message():
    """The error has the line."""
    with pytest.raises(InvalidRequest, match="User: is not a role line"):
        read_text("User", "hi")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("User: hi", "roles are written in lowercase"),
        ("USER: hi", "roles are written in lowercase"),
        ("Assistant(Ada): hi", "roles are written in lowercase"),
        ("user\uff1ahi", "a role ends in a colon, user:"),
        ("system : hi", "a role ends in a colon, system:"),
        ("tool(c)\uff1ahi", "a role ends in a colon, tool:"),
        (" user: hi", "a role begins at the start of its line"),
        ("\tSystem: hi", "a role begins at the start of its line"),
        ("\N{NO-BREAK SPACE}user: hi", "a role begins at the start of its line"),
        ("\ufeffuser: hi", "a role begins at the start of its line"),
        ("    user: root", None),
        ("the user: hi", None),
        ("users: hi", None),
        ("\\user: hi", None),
    ],
)
def test_what_looks_like_a_role_is_text_and_a_warning(line, why):
    """It is easily overlooked; deeper indentation is code."""
    request = parse(f"%%chat\nuser: a\n{line}")
    assert len(request.messages) == 1
    reasons = [words.rpartition(" is text: ")[2] for words in request.warnings]
    assert reasons == ([] if why is None else [why])
