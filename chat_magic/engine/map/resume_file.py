"""The resume file of a map: the one that is named, or one of its own beside the history."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_magic.errors import InvalidRequest
from chat_magic.store.history_files import shown_path
from chat_magic.store.rows import ForeignFile, RowsFault, RowsFile

if TYPE_CHECKING:
    from chat_magic.engine.session import Session

__all__ = ["ResumeFile", "maps_folder"]

MANY = 200
"""Rows above which a map has a resume file by itself."""
_FOLDER = "maps"


def maps_folder(session: Session) -> Path | None:
    """Return the folder of the resume files without a name; None where a setting turns it off."""
    folder = session.history.folder()
    return None if folder is None else folder / _FOLDER


class ResumeFile:
    """Decides whether a map has a resume file, and opens it.

    Args:
        session: The session, beside whose history files are made.
        resume: The argument of `chat_map`: a path, None or False.
        fingerprint: What tells the prompt from others.
        beside: The file that the map writes, if it does: then there is always a resume file.
        is_always: Whether there is one however few rows there are, since it keeps more than rows.

    Raises:
        InvalidRequest: `resume` is no path, or False where there must be a file.
    """

    def __init__(
        self,
        session: Session,
        resume: Any,
        fingerprint: str,
        beside: Path | None = None,
        *,
        is_always: bool = False,
    ) -> None:
        is_path = isinstance(resume, str | os.PathLike) and str(resume)
        if not (resume is None or resume is False or is_path):
            raise InvalidRequest(f"resume {resume!r}: must be the path of a file, None or False")
        if is_always and resume is False:
            raise InvalidRequest(
                'resume False: executor "batch" keeps in the file which batches it has started: '
                "leave it out, or name a file"
            )
        self._session = session
        self._is_always = is_always
        self._path = Path(resume).expanduser() if is_path else None
        self._is_off = resume is False
        self._fingerprint = fingerprint
        self._beside = beside
        self._is_temporary = False
        self.file: RowsFile | None = None
        """The file, once it is open."""
        self.notices: list[str] = []
        """What is to be said about it."""

    @property
    def is_required(self) -> bool:
        """Whether the map writes files, and so has a resume file in any case."""
        return self._beside is not None

    @property
    def path(self) -> Path | None:
        """The path of the file, once it is open."""
        return None if self.file is None else self.file.path

    def may_open_later(self, n_rows: int | None) -> bool:
        """Whether a file is opened once there are many rows, which is not known before."""
        return n_rows is None and self.file is None and not self._is_off

    def open_for(self, n_rows: int | None) -> RowsFile | None:
        """Return the file that is opened now, if the rows that are known of require one.

        Raises:
            InvalidRequest: It is another program's, or cannot be opened; it was not touched.
        """
        path = self._path_for(n_rows)
        if self.file is not None or path is None:
            return None
        try:
            self.file = RowsFile(path)
        except (ForeignFile, RowsFault) as error:
            raise InvalidRequest(
                f"resume {shown_path(path)}: {error}; name another file"
            ) from error
        count = self.file.count()
        if self.file.note_prompt(self._fingerprint) and count:
            self.notices.append(
                f"resume {shown_path(path)}: its {count:,} rows are of another prompt: "
                "they do not match"
            )
        elif self._path is None and not self._is_temporary:
            kept = f", which has {count:,} rows of it" if count else ""
            self.notices.append(
                f"the map can be resumed by the same call, from {shown_path(path)}{kept}; "
                "resume=False keeps nothing"
            )
        return self.file

    def _path_for(self, n_rows: int | None) -> Path | None:
        if self._path is not None:
            return self._path
        if self._beside is not None:
            self._is_temporary = True
            return self._beside.with_name(f".{self._beside.name}.{self._fingerprint[:16]}.db")
        folder = None if self._is_off else maps_folder(self._session)
        if folder is None or (n_rows is not None and n_rows <= MANY and not self._is_always):
            return None
        path = folder / f"{self._fingerprint[:32]}.db"
        is_wanted = n_rows is not None or self._is_always or path.exists()
        return path if is_wanted else None

    def close(self, *, is_complete: bool) -> None:
        """Close it; a temporary one is deleted once the map is complete."""
        if self.file is None:
            return
        self.file.close()
        if self._is_temporary and (is_complete or self._is_off):
            self.file.path.unlink(missing_ok=True)
