"""What Python and the labextension both know: numbers, names and regular expressions."""

from __future__ import annotations

import json

from chat_magic.analysis import diff, diff_units, json_fields, metrics, segments
from chat_magic.core.cell import block, body, template
from chat_magic.core.reply import tokens
from chat_magic.core.request.messages import ROLES
from chat_magic.shell import completion
from chat_magic.shell.panel import panel
from chat_magic.view import alternatives_block, bundle, comparison_model, text_segments
from chat_magic.view.html import elements, escape, markdown
from tests.generated.javascript_pattern import SPACES, javascript

PATTERNS = {
    "attachment": block._ATTACHMENT,
    "control": escape._CONTROLS,
    "diffWord": diff_units._WORD,
    "formula": markdown._MATH,
    "hidden": escape._HIDDEN,
    "jsonBody": body._JSON_START,
    "jsonFence": json_fields._FENCE,
    "line": segments._LINE,
    "role": block._ROLE,
    "sentence": segments._SENTENCE,
    "specialToken": tokens._SPECIAL,
    "templateTag": template._TAG,
    "unsafeFormula": markdown._NOT_MATH,
    "word": segments._WORD,
}


def shared_constants() -> str:
    """Return the constants as JSON, by the names that TypeScript uses."""
    constants = {
        "mimeType": bundle.MIME_TYPE,
        "modeKey": bundle.VIEW,
        "panelKey": panel._KEY,
        "roles": list(ROLES),
        "bodyMarks": completion._MARKS,
        "statuses": list(alternatives_block.STATUSES),
        "abnormalFinishReasons": list(elements._UNUSUAL),
        "binEdges": list(tokens.BIN_EDGES),
        "vocabularySize": metrics.VOCABULARY_SIZE,
        "forcedProb": metrics.FORCED_PROB,
        "forbiddenLogprob": metrics.FORBIDDEN_LOGPROB,
        "stepsPerNat": alternatives_block._STEPS_PER_NAT,
        "longText": text_segments._LONG,
        "underlinedMost": text_segments._MOST_MARKED,
        "columnsMost": comparison_model.TABLE_FIRST,
        "maxDiffWork": diff.MAX_DIFF_WORK,
        "maxJsonDepth": json_fields.MAX_DEPTH,
        "spaces": SPACES,
        "patterns": {name: javascript(pattern) for name, pattern in PATTERNS.items()},
    }
    return json.dumps(constants, indent=2) + "\n"
