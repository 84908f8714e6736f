"""The generated files and what writes each of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.generated.cell_vocabulary import cell_vocabulary
from tests.generated.glossary import glossary, glossary_page
from tests.generated.parameter_types import parameter_types
from tests.generated.pattern_cases import pattern_cases
from tests.generated.payload_types import payload_types
from tests.generated.reference_pages import commands, configuration, options
from tests.generated.shared_constants import shared_constants

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
_TYPESCRIPT = ROOT / "labextension" / "src"

_REFERENCE = ROOT / "docs" / "reference"

FILES: dict[Path, Callable[[], str]] = {
    _REFERENCE / "options.md": options,
    _REFERENCE / "commands.md": commands,
    _REFERENCE / "configuration.md": configuration,
    ROOT / "chat_magic" / "core" / "request" / "parameter_types.py": parameter_types,
    _TYPESCRIPT / "cell" / "vocabulary.json": cell_vocabulary,
    _TYPESCRIPT / "constants.json": shared_constants,
    _TYPESCRIPT / "result" / "glossary.json": glossary,
    _TYPESCRIPT / "result" / "payloadTypes.ts": payload_types,
    ROOT / "docs" / "glossary.md": glossary_page,
    ROOT / "tests" / "wire" / "patterns.json": pattern_cases,
}
