"""The text of an answer that streams, in pieces: plain text, and tokens the model was unsure of."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from chat_magic.core.reply.tokens import is_special, well_formed
from chat_magic.view.html.escape import visible
from chat_magic.view.html.token_html import token_title
from chat_magic.view.text_segments import TextSegment, bytes_of, text_segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import TokenLogprob

Piece: TypeAlias = str | tuple[int, str, str]
"""Plain text; or the bin (1 to 4), the text and the tooltip of a token under 50 %."""


class TextPieces:
    """The pieces of a text that grows; each token is looked at once.

    Tokens that do not spell the text are not marked, nor are any after them: a place in the text
    is painted only where it is known whose it is.
    """

    def __init__(self) -> None:
        self.text = ""
        """The text so far."""
        self._start = 0
        """Where the next token begins in it."""
        self._n_read = 0
        self._held: list[TokenLogprob] = []
        """Tokens that end inside a character."""
        self._is_spelled = True

    def add(self, text: str, tokens: Sequence[TokenLogprob]) -> list[Piece]:
        """Return what a text has more than the last one, which it continues.

        Args:
            text: The text so far.
            tokens: All its tokens so far, or more.
        """
        pieces: list[Piece] = []
        end = len(self.text)
        self.text = text
        while self._is_spelled and self._n_read < len(tokens):
            segment = self._segment(tokens[self._n_read])
            place = 0 if segment is None else self._place(segment)
            if place is None:
                break
            self._n_read += 1
            if segment is None or not place:
                continue
            start, self._start = self._start, self._start + place
            if segment.grade and start >= end:
                pieces += _plain(text[end:start])
                shown = well_formed(text[start : self._start])
                pieces.append((segment.grade, shown, visible(token_title(segment))))
                end = self._start
        return [*pieces, *_plain(text[end:])]

    def _segment(self, token: TokenLogprob) -> TextSegment | None:
        """Return the segment that a token completes; None if it ends inside a character."""
        group = [*self._held, token]
        if not _is_whole(group):
            self._held = group
            return None
        return text_segments(group)[0]

    def _place(self, segment: TextSegment) -> int | None:
        """Return how many characters of the text are a segment's; None if they have yet to come.

        Control tokens are not part of a text; the first token's space may not be.
        """
        words = segment.text
        if not self._start and not self.text.startswith(words):
            words = words.lstrip(" ")
        rest = self.text[self._start : self._start + len(words)]
        if words.startswith(rest) and len(rest) < len(words) and not is_special(words):
            return None
        self._held = []
        if rest == words:
            return len(words)
        self._is_spelled = is_special(segment.text)
        return 0


def _is_whole(tokens: Sequence[TokenLogprob]) -> bool:
    """Whether tokens end where a character does."""
    data = b"".join(map(bytes_of, tokens))
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason != "unexpected end of data"
    return True


def _plain(text: str) -> list[str]:
    return [well_formed(text)] if text else []


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces with neighbours of plain text as one."""
    found: list[Piece] = []
    run: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            run.append(piece)
            continue
        found += _plain("".join(run))
        run = []
        found.append(piece)
    return [*found, *_plain("".join(run))]
