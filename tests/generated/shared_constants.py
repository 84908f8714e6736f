"""What Python and the labextension both know: numbers, names and regular expressions."""

from __future__ import annotations

import json
import re

from chat_magic.analysis import diff, diff_units, json_fields, metrics, segments
from chat_magic.core.cell import block, body, template
from chat_magic.core.reply import tokens
from chat_magic.core.request.messages import ROLES
from chat_magic.core.schema import json_answer
from chat_magic.results import request_programs
from chat_magic.shell import completion, listening_pages
from chat_magic.shell.panel import panel
from chat_magic.view import (
    alternatives_block,
    answer_images,
    bundle,
    comparison_model,
    differences,
    summary,
    text_segments,
)
from chat_magic.view.html import elements, escape, markdown
from chat_magic.view.live import live_stream
from tests.generated.javascript_pattern import SPACES, javascript

PATTERNS = {
    "attachment": block._ATTACHMENT,
    "control": escape._CONTROLS,
    "diffWord": diff_units._WORD,
    "formula": markdown._MATH,
    "hidden": escape._HIDDEN,
    "jsonBody": body._JSON_START,
    "jsonFence": json_answer.FENCE,
    "line": segments._LINE,
    "nearRole": block._NEAR_ROLE,
    "reasoningEnd": json_answer.REASONING_END,
    "role": block._ROLE,
    "sentence": segments._SENTENCE,
    "specialToken": tokens._SPECIAL,
    "templateTag": template._TAG,
    "hiddenInCode": request_programs._HIDDEN,
    "unsafeFormula": markdown._NOT_MATH,
    "word": segments._WORD,
}


def shared_constants() -> str:
    """Return the constants as JSON, by the names that TypeScript uses."""
    constants = {
        "mimeType": bundle.MIME_TYPE,
        "modeKey": bundle.VIEW,
        "liveClass": elements.LIVE,
        "liveType": live_stream.LIVE_TYPE,
        "liveComm": listening_pages.COMM,
        "pageTarget": listening_pages.TARGET,
        "panelKey": panel._KEY,
        "roles": list(ROLES),
        "bodyMarks": completion._MARKS,
        "statuses": list(alternatives_block.STATUSES),
        "abnormalFinishReasons": list(elements._UNUSUAL),
        "finishes": summary._FINISHES,
        "binEdges": list(tokens.BIN_EDGES),
        "vocabularySize": metrics.VOCABULARY_SIZE,
        "forcedProb": metrics.FORCED_PROB,
        "forbiddenLogprob": metrics.FORBIDDEN_LOGPROB,
        "stepsPerNat": alternatives_block._EARLIER_STEPS_PER_NAT,
        "longText": text_segments._LONG,
        "underlinedMost": text_segments._MOST_MARKED,
        "imageTypes": list(answer_images.MEDIA_TYPES),
        "columnsMost": comparison_model.TABLE_FIRST,
        "maxDiffWork": diff.MAX_DIFF_WORK,
        "leastShared": differences.LEAST_SHARED,
        "shortDiff": differences.SHORT,
        "maxJsonDepth": json_fields.MAX_DEPTH,
        "spaces": SPACES,
        "programs": {
            language: {
                "whole": request_programs.PROGRAMS[language][0],
                "stream": request_programs.PROGRAMS[language][1],
                "unknownUrl": request_programs.UNKNOWN_URL.get(language, ""),
                "comment": request_programs.COMMENTS[language],
            }
            for language in request_programs.PROGRAMS
        },
        "notOfOpenai": list(request_programs._NOT_OF_OPENAI),
        "unknownBase": request_programs._base_url(None),
        "localNote": list(request_programs.NOTE),
        "caseless": [name for name, found in PATTERNS.items() if found.flags & re.IGNORECASE],
        "patterns": {name: javascript(pattern) for name, pattern in PATTERNS.items()},
    }
    return json.dumps(constants, indent=2) + "\n"
