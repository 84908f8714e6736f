"""What no program of one request sends again."""

from __future__ import annotations

from chat_magic.core.request.scoring import Scoring
from chat_magic.core.request.search_limits import SearchLimits
from chat_magic.core.request.several_requests import no_program


def test_a_score_and_a_search_are_several_requests():
    """It says which of them it is."""
    limits = SearchLimits(mass=0.9, max_requests=1, max_tokens=1)
    assert no_program({"score": Scoring(("a",)).to_json()}).startswith("a score is several")
    assert no_program({"search": limits.to_json()}).startswith("a search for answers is several")


def test_any_other_request_is_one():
    """Also one with a field of that name of a server's own."""
    assert no_program({"model": "a/b"}) == no_program({"search": True, "score": 1}) == ""
