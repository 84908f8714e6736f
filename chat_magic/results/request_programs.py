"""Requests as programs that send them again: for a shell, Python and JavaScript."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.core.request.request import ChatRequest

__all__ = ["COMMENTS", "NOTE", "PROGRAMS", "UNKNOWN_URL", "body_text", "write_program"]

KEY = "CHAT_MAGIC_API_KEY"
BASE_URL = "CHAT_MAGIC_BASE_URL"
_PATH = "/chat/completions"

_CURL = f"""\
curl --no-buffer <URL> \\
  -H "Authorization: Bearer ${KEY}" \\
  -H "Content-Type: application/json" \\
  --data-binary @- <<'JSON'
<BODY>
JSON
"""

_PYTHON_HEAD = f"""\
import os

import httpx

true, false, null = True, False, None
request = <BODY>
headers = {{"Authorization": "Bearer " + os.environ["{KEY}"]}}
"""
_PYTHON = f"""\
{_PYTHON_HEAD}response = httpx.post(<URL>, headers=headers, json=request, timeout=600)
response.raise_for_status()
for choice in response.json()["choices"]:
    print(choice["message"]["content"])
"""
_PYTHON_STREAM = f"""\
import json
{_PYTHON_HEAD}with httpx.stream(
    "POST", <URL>, headers=headers, json=request, timeout=600
) as response:
    response.raise_for_status()
    for line in response.iter_lines():
        if line.startswith("data: {{"):
            for choice in json.loads(line.removeprefix("data: "))["choices"]:
                print(choice["delta"].get("content") or "", end="", flush=True)
print()
"""

_OPENAI_HEAD = f"""\
import os

from openai import OpenAI

true, false, null = True, False, None
request = <KNOWN>
<EXTRA>client = OpenAI(api_key=os.environ["{KEY}"], base_url=<BASE>)
"""
_OPENAI = f"""\
{_OPENAI_HEAD}completion = client.chat.completions.create(<ARGUMENTS>)
for choice in completion.choices:
    print(choice.message.content)
"""
_OPENAI_STREAM = f"""\
{_OPENAI_HEAD}for chunk in client.chat.completions.create(<ARGUMENTS>):
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
print()
"""

_JAVASCRIPT_HEAD = f"""\
const body = String.raw`<BODY>`;

async function main() {{
  const response = await fetch(<URL>, {{
    method: 'POST',
    headers: {{
      Authorization: `Bearer ${{process.env.{KEY}}}`,
      'Content-Type': 'application/json'
    }},
    body
  }});
  if (!response.ok) {{
    throw new Error(`${{response.status}} ${{await response.text()}}`);
  }}
"""
_JAVASCRIPT = f"""\
{_JAVASCRIPT_HEAD}  for (const choice of (await response.json()).choices) {{
    console.log(choice.message.content);
  }}
}}

main();
"""
_JAVASCRIPT_STREAM = f"""\
{_JAVASCRIPT_HEAD}  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {{
    const lines = (rest + text).split('\\n');
    rest = lines.pop();
    for (const line of lines.filter(line => line.startsWith('data: {{'))) {{
      for (const choice of JSON.parse(line.slice(6)).choices) {{
        process.stdout.write(choice.delta?.content ?? '');
      }}
    }}
  }}
  console.log();
}}

main();
"""

PROGRAMS: Final[Mapping[str, tuple[str, str]]] = {
    "curl": (_CURL, _CURL),
    "python": (_PYTHON, _PYTHON_STREAM),
    "openai": (_OPENAI, _OPENAI_STREAM),
    "javascript": (_JAVASCRIPT, _JAVASCRIPT_STREAM),
}
"""For each language, the text of the program without and with a stream.

`<BODY>` stands for the JSON of the request. Each language takes it as it is: a here-document, and a
raw string of JavaScript, whose two marks `body_text` escapes, have no escapes of their own; and
JSON is an expression of Python where `true`, `false` and `null` are assigned.
"""

COMMENTS: Final = {"curl": "#", "python": "#", "openai": "#", "javascript": "//"}
"""What begins a comment in each language."""
NOTE: Final = (
    "<MODEL> ran on the server that chat-magic starts on this machine, which no other",
    f"program can reach. Set {BASE_URL} to a server that has the model.",
)
"""The lines of the comment on a request for the local server."""
UNKNOWN_URL: Final = {
    "curl": f'"${BASE_URL}{_PATH}"',
    "python": f'os.environ["{BASE_URL}"] + "{_PATH}"',
    "javascript": f"process.env.{BASE_URL} + '{_PATH}'",
}
"""The address where that is not known, as an expression of each language."""
_HIDDEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters that end lines, reorder the text around them or control a terminal."""
_MARK = re.compile("<(URL|BODY|KNOWN|EXTRA|BASE|ARGUMENTS)>")
_NOT_OF_OPENAI = ("top_k",)
"""Parameters that the methods of OpenAI's library do not have."""


def body_text(body: Mapping[str, Any], language: str = "curl") -> str:
    """Return the JSON of a request, as a program in a language contains it."""
    text = json.dumps(body, indent=2, ensure_ascii=False)
    text = _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    if language == "javascript":
        text = text.replace("`", "\\u0060").replace("${", "\\u0024{")
    return text


def write_program(request: ChatRequest, language: str) -> str:
    """Write a program that sends a request, with the key from the environment.

    Args:
        request: A request that was sent.
        language: One of `PROGRAMS`.

    Raises:
        InvalidRequest: The request holds a value that JSON does not have.
    """
    body = request.sent_body()
    url = None if request.destination is None else request.destination.url
    template = PROGRAMS[language][body.get("stream") is True]
    values = _values(body, url, language)
    try:
        program = _MARK.sub(lambda match: values[match[1]](), template)
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"the request cannot be written as JSON: {error}") from error
    return _note(request, language) + program


def _values(
    body: Mapping[str, Any], url: str | None, language: str
) -> Mapping[str, Callable[[], str]]:
    is_extra = {
        name: name not in ("model", "messages", *PARAMETERS) or name in _NOT_OF_OPENAI
        for name in body
    }
    extra = {name: value for name, value in body.items() if is_extra[name]}
    known = {name: value for name, value in body.items() if not is_extra[name]}
    return {
        "URL": lambda: _url(url, language),
        "BODY": lambda: body_text(body, language),
        "KNOWN": lambda: body_text(known),
        "BASE": lambda: _base_url(url),
        "EXTRA": lambda: f"extra = {body_text(extra)}\n" if extra else "",
        "ARGUMENTS": lambda: "**request, extra_body=extra" if extra else "**request",
    }


def _url(url: str | None, language: str) -> str:
    if url is None:
        return UNKNOWN_URL[language]
    if language == "curl":
        return "'" + url.replace("'", "'\\''") + "'"
    return json.dumps(url)


def _base_url(url: str | None) -> str:
    """Return the address that OpenAI's library appends its path to, and the query."""
    if url is None:
        return f'os.environ["{BASE_URL}"]'
    parts = urlsplit(url)
    base = parts._replace(path=parts.path.removesuffix(_PATH), query="").geturl()
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return json.dumps(base) + (f", default_query={json.dumps(query)}" if query else "")


def _note(request: ChatRequest, language: str) -> str:
    """Return a comment that names the local server, where the request was sent to that."""
    if (request.model or "").partition("/")[0] != "local":
        return ""
    model = "".join(c if c.isprintable() else "\ufffd" for c in request.model or "")
    lines = (line.replace("<MODEL>", model) for line in NOTE)
    return "".join(f"{COMMENTS[language]} {line}\n" for line in lines)
