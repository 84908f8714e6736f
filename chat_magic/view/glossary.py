"""What the terms mean that views print, in a sentence each, for tooltips and documentation."""

from __future__ import annotations

import re
from typing import NamedTuple


class Term(NamedTuple):
    """A term as views print it, and what it means."""

    name: str
    meaning: str
    """One or two sentences that are true wherever the term is printed."""
    words: tuple[str, ...] = ()
    """Other spellings of it in views."""
    column: str = ""
    """Where a table has it: `.tokens.rank`."""


TERMS = (
    Term(
        "perplexity",
        "Among how many equally likely tokens the model chose on average: 1 is certain. "
        "It is exp(\u2212mean logprob).",
        column=".frame.perplexity",
    ),
    Term(
        "mean logprob",
        "Mean log probability of a token, in nats: 0 is certain, \u22120.69 is 50%.",
        column=".frame.mean_logprob",
    ),
    Term(
        "joint logprob",
        "Log probability of the whole answer, in nats: the sum over its tokens.",
        column=".frame.joint_logprob",
    ),
    Term(
        "joint probability",
        "Probability of these tokens one after the other: the product of theirs.",
    ),
    Term(
        "least sure",
        "The token with the lowest probability, and that probability.",
        column=".frame.min_prob",
    ),
    Term(
        "unsure",
        "Tokens with a probability under 50%, and in parentheses the most probable others.",
    ),
    Term(
        "surprisal",
        "How unexpected a token was: \u2212log2 of its probability. 0 bits is certain, 1 bit is "
        "50%, and each further bit halves the probability.",
        column=".tokens.surprisal_bits",
    ),
    Term(
        "entropy",
        "How undecided a choice was before it was made: 0 bits if one possibility is certain, "
        "1 bit for two equal ones, 2 bits for four. Two numbers are bounds, as a server lists "
        "only the most probable tokens.",
        column=".tokens.entropy_bits_low",
    ),
    Term(
        "surprisal \u2212 entropy",
        "How much more surprising a token was than could be expected: 0 bits is as expected, "
        "above it the model wrote what it thought unlikely. It takes the lower bound of the "
        "entropy, and is unknown where the bounds are more than 1 bit apart.",
    ),
    Term(
        "rank",
        "Place of the token by probability: 1 is the most probable. "
        "> 5 means that it is not among the 5 that the server listed.",
        column=".tokens.rank",
    ),
    Term(
        "gap",
        "How far the token is below the most probable one, in bits: 0 is the most probable, "
        "1 is half as probable as it.",
        column=".tokens.gap_nats, in nats",
    ),
    Term(
        "other tokens",
        "The last row of the alternatives: the probability of all tokens that the server did not "
        "list.",
        column=".tokens.mass_residual",
    ),
    Term(
        "bits per byte",
        "Information of the text by its UTF-8 bytes, which compares models with different "
        "tokenizers.",
        ("bits/byte",),
        ".frame.bits_per_byte",
    ),
    Term(
        "unseen mass",
        "Estimated probability that one more answer would be a new one: the share of answers "
        "that came only once (Good and Turing 1953).",
        ("unseen",),
        ".agreement.unseen_mass",
    ),
    Term(
        "small-sample correction",
        "What is added because few answers show too little of the entropy (Miller and Madow 1955).",
    ),
    Term(
        "first difference",
        "The first token in which the answers differ. model: its probability by the model; "
        "sampled: how many of the answers have it.",
        column=".branches",
    ),
    Term(
        "finished",
        "The model ended the answer by itself, or wrote a stop sequence (finish_reason stop).",
    ),
    Term(
        "cut off",
        "The answer reached max_completion_tokens or the end of the context window "
        "(finish_reason length).",
    ),
    Term(
        "forced",
        "A grammar, such as that of a schema, allowed no other token.",
        column=".tokens.is_forced",
    ),
    Term(
        "censored",
        "The server sent no probability, as the token is not among the most probable ones.",
        column=".tokens.status",
    ),
    Term("masked", "A grammar ruled this token out.", column=".tokens.status"),
    Term(
        "bits",
        "Unit of information, by powers of two: 1 bit is a probability of 50%, 2 bits are 25%.",
    ),
    Term(
        "nats",
        "Unit of log probability with natural logarithms, which the API and the tables use: "
        "1 nat is 1.44 bits.",
    ),
    Term("∅", "A token without text, such as the one that ends an answer."),
    Term("base", "The answer that the others are compared with."),
    Term(
        "135-million-parameter model",
        "SmolLM2-135M-Instruct, which runs on this machine without an account: good to try the "
        "tool with, not for its answers.",
    ),
)
"""In the order of the documentation."""

_BY_WORD = {word: term for term in TERMS for word in (term.name, *term.words)}
_WORD = re.compile(
    rf"\b(?:{'|'.join(sorted(map(re.escape, _BY_WORD), key=len, reverse=True))})\b", re.IGNORECASE
)


def meaning_of(word: str) -> str | None:
    """Return what a term means; None if it is not in the glossary."""
    term = _BY_WORD.get(word.lower())
    return term and term.meaning


def split_terms(text: str) -> list[tuple[str, str | None]]:
    """Split a text at the terms in it: pieces with their meaning, None for what is no term."""
    pieces: list[tuple[str, str | None]] = []
    done = 0
    for match in _WORD.finditer(text):
        pieces += [(text[done : match.start()], None), (match[0], meaning_of(match[0]))]
        done = match.end()
    return [(piece, meaning) for piece, meaning in [*pieces, (text[done:], None)] if piece]
