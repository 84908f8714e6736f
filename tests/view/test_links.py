"""Only addresses of web pages become links."""

from __future__ import annotations

import pytest

from chat_magic.view.links import host_of, safe_link


@pytest.mark.parametrize(
    "address", ["https://x.org", "HTTP://x.org/a?b=c&d#e", "https://x.org/ä(1)", " https://x.org "]
)
def test_web_addresses_are_links(address: str) -> None:
    """As they are written, but for spaces around them."""
    assert safe_link(address) == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//x.org",
        "x.org",
        "https://",
        "https:// x.org",
        "https://x.org/a b",
        'https://x.org/"onerror=',
        "https://x.org/<b>",
        "https://x.org/\u2028b",
        "java\nscript:alert(1)",
        "https://[x",
        f"https://x.org/{'a' * 3000}",
        "",
    ],
)
def test_nothing_else_is_a_link(address: str) -> None:
    """Other schemes, no host, white space and characters that an address cannot have."""
    assert safe_link(address) is None


def test_a_host_is_that_of_the_server_alone() -> None:
    """Neither the user in front of it nor the port."""
    assert host_of("https://google.com@evil.org:8080/x") == "evil.org"
    assert host_of("https://[x") == ""
