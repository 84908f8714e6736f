"""The columns of every public table: name, dtype, unit, meaning, source, and when it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Column(NamedTuple):
    """A column of a table, or several that follow a pattern."""

    name: str
    """A part in capitals stands for any name or number: `p_K`, `parsed.FIELD`."""
    dtype: str
    """As pandas writes it. `string` is `str` on pandas 3 and `string` on pandas 2; where there
    are alternatives, the wider one is taken only if a value requires it."""
    meaning: str
    unit: str = ""
    source: str = ""
    """The formula, or where it is from."""
    missing: str = ""
    """When it is NaN or NA; empty if it never is."""


class Table(NamedTuple):
    """A public table and its columns, in order."""

    name: str
    """How a user gets it."""
    rows: str
    """What a row is."""
    key: tuple[str, ...]
    """The columns that identify a row."""
    columns: tuple[Column, ...]


def _useful_first(columns: tuple[Column, ...], *names: str) -> tuple[Column, ...]:
    """Return columns in the order in which they are read: these first, then the others."""
    by_name = {column.name: column for column in columns}
    rest = (column for column in columns if column.name not in names)
    return (*(by_name[name] for name in names), *rest)


def documented_order(table: Table, names: Iterable[str]) -> list[str]:
    """Return names of columns in a table's order; fields and labels are at `parsed.FIELD`.

    Example:
        >>> documented_order(TOKENS, ["prob", "run", "token"])
        ['run', 'token', 'prob']
    """
    places = {column.name: place for place, column in enumerate(table.columns)}
    fields = places.get("parsed.FIELD", len(places))
    return sorted(names, key=lambda name: places.get(name, fields))


_NO_SCORE = "no token has a log probability"
_NO_PROBABILITY = "there is no such token, or it has no probabilities"
_NOT_OK = "status is not ok"
_FEW = "fewer than two alternatives were returned"

RUN = Column("run", "int32", "Position of the result, from 0; 0 for a single result.")
COORDINATES = (
    Column("model", "category", "Model of the run, as `vendor/model`."),
    Column(
        "COORDINATE",
        "Float64, Int64, boolean or category",
        "Value of the run on an axis of the grid; a numeric or boolean parameter keeps its type, "
        "and so do numbers in the index of rows; everything else is a category in the order of the "
        "runs. Named `vary.NAME` if the table "
        "already has a column of that name.",
        missing="the parameter was unset",
    ),
)
"""What the tables of several results have after `run`."""

_CHOICE = Column("choice", "int16", "The `index` of the choice.")
_PART = Column("part", "category", "Part of the message: content, refusal, reasoning or other.")
_POSITION = Column("position", "int32", "Position of the token in its part, from 0.")
_BYTES = Column(
    "bytes",
    "object",
    "The token's bytes, as a `bytes` object.",
    missing="the server sent neither bytes nor a text that determines them",
)
_REPORTED = (
    Column("logprob", "float64", "Log probability of the token.", "nats", missing=_NOT_OK),
    Column(
        "logprob_raw",
        "float64",
        "Log probability as sent, sentinels included.",
        "nats",
        missing="none was sent",
    ),
    Column(
        "status",
        "category",
        "ok; censored (-9999 or less: outside the most probable tokens), masked (-100: forbidden "
        "by a grammar), positive, nan or missing.",
    ),
    Column("prob", "float64", "Probability, 0 to 1.", source="exp(logprob)", missing=_NOT_OK),
)

TOKENS = Table(
    ".tokens",
    "a sampled token; no rows without `logprobs`",
    ("run", "choice", "part", "position"),
    _useful_first(
        (
            RUN,
            _CHOICE,
            _PART,
            _POSITION,
            Column("token", "string", "Text of the token, exactly as sent."),
            _BYTES,
            Column(
                "text",
                "string",
                "Decoded text that the token contributes; of tokens that share a code point, all "
                "of it is on the first.",
            ),
            Column(
                "group", "int32", "Number of the group of tokens that share code points, from 0."
            ),
            Column("frag", "int8", "Position in the group, from 0; at most 127."),
            Column("n_frag", "int8", "Tokens in the group; at most 127."),
            *(
                Column(
                    f"{unit}_{end}",
                    "Int32",
                    f"{'Start' if end == 'start' else 'End'} of the token in the text of its part.",
                    "UTF-8 bytes" if unit == "byte" else "code points",
                    missing="the token was not found in the text",
                )
                for unit in ("byte", "char")
                for end in ("start", "end")
            ),
            Column(
                "align",
                "category",
                "ok; repaired (cut, or a space before it dropped), extra (not in the text) or "
                "unaligned (not known).",
            ),
            *_REPORTED,
            Column(
                "surprisal_bits", "float64", "Surprisal.", "bits", "-log2 p (Shannon 1948)", _NOT_OK
            ),
            Column(
                "rank",
                "Int16 or Int32",
                "Rank among the alternatives by probability, from 1; equal ones share a rank.",
                source="1 + number of more probable alternatives (Gehrmann et al. 2019)",
                missing="the token is outside the most probable ones, or its status is not ok",
            ),
            Column(
                "k_returned",
                "int16 or int32",
                "Alternatives that the server returned as the most probable.",
            ),
            Column(
                "top1_token",
                "category",
                "Text of the most probable alternative.",
                missing="no alternative was returned, or it has no probability",
            ),
            Column(
                "gap_nats",
                "float64",
                "Distance below the most probable alternative; 0 for a greedy choice.",
                "nats",
                "logprob of the most probable - logprob (Gehrmann et al. 2019)",
                "the token or the alternatives have no log probability",
            ),
            Column(
                "margin",
                "float64",
                "Difference between the two highest probabilities, 0 to 1.",
                source="p1 - p2 (Scheffer et al. 2001)",
                missing=_FEW,
            ),
            Column(
                "mass_known",
                "float64",
                "Probability of all alternatives and the sampled token together; not clipped at 1.",
                missing="none has a probability",
            ),
            Column(
                "mass_residual",
                "float64",
                "Probability of all other tokens, 0 to 1.",
                source="max(0, 1 - mass_known)",
                missing="mass_known is",
            ),
            Column(
                "entropy_bits_low",
                "float64",
                "Lower bound of the entropy of the next token, given the alternatives.",
                "bits",
                "the unseen mass in tokens as probable as the least of the top (Marshall, Olkin & "
                "Arnold 2011)",
                _FEW,
            ),
            Column(
                "entropy_bits_high",
                "float64",
                "Upper bound of the entropy, for a vocabulary of `vocab_size_assumed` tokens.",
                "bits",
                "the unseen mass spread evenly over all unseen tokens",
                _FEW,
            ),
            Column(
                "varentropy",
                "float64",
                "Variance of the surprisal of the next token.",
                "nats²",
                "sum p (-ln p - H)² (Kontoyiannis & Verdú 2014)",
                f"mass_residual is 0.01 or more, or {_FEW}",
            ),
            Column("is_space", "bool", "Whether the token is white space only."),
            Column("is_newline", "bool", "Whether the token contains a line break."),
            Column(
                "is_special", "bool", "Whether the token looks like a control token (`<|im_end|>`)."
            ),
            Column(
                "is_forced",
                "bool",
                "Whether a grammar left no other token: p is at least 1 - 1e-6 and every other "
                "alternative is at -50 nats or less.",
            ),
            Column("chunk", "int32", "Number of the event that carried it, from 0; -1 if unknown."),
            Column(
                "t_ms",
                "float64",
                "Time of arrival, from the start of the request.",
                "ms",
                missing="it is unknown",
            ),
        ),
        "run",
        "choice",
        "part",
        "position",
        "token",
        "bytes",
        "prob",
        "rank",
        "surprisal_bits",
        "entropy_bits_low",
        "top1_token",
        "gap_nats",
        "logprob",
        "entropy_bits_high",
    ),
)

ALTERNATIVES = Table(
    ".alternatives",
    "a possible token at a position, the sampled one included; requires `top_logprobs`",
    ("run", "choice", "part", "position", "rank"),
    (
        RUN,
        _CHOICE,
        _PART,
        _POSITION,
        Column(
            "rank",
            "int16 or int32",
            "Place in the list, from 1: by falling probability, then those without one, then a "
            "sampled token from outside. Equal ones have different ranks, in server order.",
        ),
        Column(
            "token",
            "category",
            "Text of the token, exactly as sent; the sampled one as in `.tokens`.",
        ),
        _BYTES,
        *_REPORTED,
        Column(
            "cum_prob", "float64", "Probability of this and all rows above it together, 0 to 1."
        ),
        Column("is_chosen", "bool", "Whether it is the sampled token."),
        Column(
            "is_extra",
            "bool",
            "Whether it is a sampled token outside the most probable ones: never in a list that is "
            "not longer than `top_logprobs`, unless it has no probability.",
        ),
    ),
)

CHOICES = (
    RUN,
    _CHOICE,
    Column(
        "finish_reason",
        "category",
        "Why the choice ended: stop, length, tool_calls, …, error or interrupted.",
        missing="the server sent none",
    ),
    Column(
        "n_tokens",
        "int32",
        "Tokens of the choice: those with log probabilities, in the text or not, and those that "
        "the server left out because they end inside a character (llama.cpp).",
        "tokens",
    ),
    Column(
        "n_scored",
        "int32",
        "Tokens that the metrics count: status ok, and in the text. Tokens that the server removed "
        "from it (a code fence, a stop, the token that ends the answer) are in no metric but "
        "n_tokens and z_sampling. JSON's own punctuation and keys are counted: `spans('json')` has "
        "the values alone.",
        "tokens",
    ),
    Column("n_censored", "int32", "Tokens of the text with status censored.", "tokens"),
    Column(
        "joint_logprob",
        "float64",
        "Log probability of this sequence of tokens: a lower bound for its text; an upper bound "
        "where tokens of it are left out or censored.",
        "nats",
        "LL = sum of logprob",
        _NO_SCORE,
    ),
    Column("mean_logprob", "float64", "Mean log probability.", "nats a token", "LL / n", _NO_SCORE),
    Column(
        "perplexity",
        "float64",
        "Perplexity over the scored tokens, 1 and up.",
        source="exp(-LL / n) (Jelinek et al. 1977)",
        missing=_NO_SCORE,
    ),
    Column(
        "perplexity_low",
        "float64",
        "Lower bound of the perplexity, censored and left out tokens included.",
        source="each of them at its highest possible log probability",
        missing="no token is scored or censored",
    ),
    Column(
        "geo_mean_prob",
        "float64",
        "Geometric mean of the probabilities, 0 to 1.",
        source="exp(LL / n)",
        missing=_NO_SCORE,
    ),
    Column(
        "bits_per_byte",
        "float64",
        "Information of the text; comparable between tokenizers.",
        "bits a UTF-8 byte",
        "-LL / (ln 2 · bytes) (Gao et al. 2020)",
        "alignment_coverage is below 1, or a token of the text is not scored or left out",
    ),
    Column("min_prob", "float64", "Least probability of a scored token.", missing=_NO_SCORE),
    Column("min_prob_position", "Int32", "Position of the first such token.", missing=_NO_SCORE),
    Column(
        "frac_below_50",
        "float64",
        "Share of the scored tokens with a probability below 0.5, 0 to 1.",
        missing=_NO_SCORE,
    ),
    Column(
        "frac_non_greedy",
        "float64",
        "Share of the tokens of the text that were not the most probable, 0 to 1.",
        missing="gap_nats is missing for all tokens",
    ),
    Column(
        "mean_entropy_bits_low",
        "float64",
        "Mean of entropy_bits_low over the scored tokens.",
        "bits",
        missing="it is missing for all of them",
    ),
    Column(
        "mean_entropy_bits_high",
        "float64",
        "Mean of entropy_bits_high over the scored tokens.",
        "bits",
        missing="it is missing for all of them",
    ),
    Column(
        "mean_residual",
        "float64",
        "Mean of mass_residual over the scored tokens, 0 to 1.",
        missing=_NO_SCORE,
    ),
    Column(
        "z_sampling",
        "float64",
        "Whether the tokens look sampled from the reported probabilities: about normal (0, 1) if "
        "they do, far below 0 if sampling was sharper (probabilities before temperature or top_p). "
        "All tokens count, in the text or not.",
        source="sum(S - H) / sqrt(sum V) over tokens with varentropy V, in nats",
        missing="fewer than 50 such tokens",
    ),
    Column(
        "alignment_coverage",
        "float64",
        "Share of the bytes of the text that belong to a token, 0 to 1.",
        missing="there is no text, or no token",
    ),
    Column(
        "first_divergence",
        "Int32",
        "Position of the token with the first byte in which the choices of the run differ.",
        missing="they do not differ, or no token has that byte",
    ),
    Column(
        "first_divergence_byte",
        "Int32",
        "Length of what all choices of the run begin with.",
        "UTF-8 bytes",
        missing="they do not differ",
    ),
    Column(
        "duplicate_of",
        "Int16",
        "The `index` of the first choice of the run with the same text.",
        missing="it is the first, or the text is empty",
    ),
    Column("text", "string", "Content of the choice, or its refusal; without the prefill."),
)

FRAME = Table(
    ".frame",
    "a choice",
    ("run", "choice"),
    _useful_first(
        (
            *CHOICES,
            Column(
                "model", "string", "Model of the request; for several results it follows `run`."
            ),
            Column(
                "cost",
                "float64",
                "Cost of the whole request.",
                "dollars",
                missing="prices are not known",
            ),
            Column(
                "parsed.FIELD",
                "string, Int64, Float64, boolean or object",
                "Value of a scalar field of the schema; `parsed` if the answer itself is a scalar, "
                "and a list of values if it is a list. Only with a schema.",
                missing="the answer does not fit the schema, or the field is null",
            ),
            Column(
                "p[LABEL]",
                "float64",
                "Probability of each label, then `p[ambiguous]`, `p[other]` and `p[residual]`, as "
                "in `.labels(labels)`, 0 to 1. Only with labels.",
                missing=_NO_PROBABILITY,
            ),
            Column("ttft_s", "float64", "Time to the first text.", "s", missing="there was none"),
            Column("total_s", "float64", "Time of the whole request.", "s"),
            Column(
                "tokens_per_s",
                "float64",
                "Completion tokens after the first, by time.",
                "tokens a second",
                missing="fewer than two arrived",
            ),
            Column(
                "prompt_tokens",
                "Int64",
                "Tokens of the prompt, for the whole request.",
                "tokens",
                missing="the server does not report usage",
            ),
            Column(
                "completion_tokens",
                "Int64",
                "Tokens of all choices, for the whole request.",
                "tokens",
                missing="the server does not report usage",
            ),
        ),
        "run",
        "choice",
        "text",
        "parsed.FIELD",
        "p[LABEL]",
        "finish_reason",
        "n_tokens",
        "perplexity",
        "min_prob",
        "mean_logprob",
    ),
)

BRANCHES = Table(
    ".branches",
    "a branch that choices of a run take where they diverge",
    ("run", "node_id"),
    (
        RUN,
        Column("node_id", "int32", "Number of the branch in its run, from 0."),
        Column("parent_id", "int32", "Branch that leads here; -1 at the first divergence."),
        Column("depth", "int32", "Number of divergences before this one."),
        Column("prefix_chars", "int32", "Length of the text before `token`.", "code points"),
        Column("token", "string", "What the branch begins with; empty if the text ends."),
        Column("count", "int32", "Choices that take the branch."),
        Column("share", "float64", "Share of the choices that reach the divergence, 0 to 1."),
        Column(
            "wilson_low",
            "float64",
            "Lower end of the 95% interval of the share.",
            source="Wilson 1927",
        ),
        Column("wilson_high", "float64", "Upper end of that interval.", source="Wilson 1927"),
        Column(
            "model_prob",
            "float64",
            "Mean of the probabilities that the model reports for the branch, 0 to 1.",
            missing="none is reported",
        ),
        Column("model_prob_min", "float64", "Least of them.", missing="none is reported"),
        Column("model_prob_max", "float64", "Greatest of them.", missing="none is reported"),
        Column("choices", "object", "The `index` of each of the choices, as a tuple."),
    ),
)

_NO_CHOICE = "the run has no choice"

AGREEMENT = Table(
    ".agreement",
    "a run",
    ("run",),
    (
        RUN,
        Column("n_choices", "int32", "Choices of the run, m."),
        Column(
            "share",
            "float64",
            "Share of the most frequent text, 0 to 1; texts are compared after NFKC, case folding "
            "and stripping.",
            source="max c_j / m",
            missing=_NO_CHOICE,
        ),
        Column(
            "distinct", "float64", "Distinct texts per choice.", source="J / m", missing=_NO_CHOICE
        ),
        Column(
            "entropy_nats",
            "float64",
            "Entropy of the texts; biased low for small m.",
            "nats",
            "-sum c_j/m ln(c_j/m) + (J - 1) / 2m (Miller & Madow 1955)",
            _NO_CHOICE,
        ),
        Column(
            "unseen_mass",
            "float64",
            "Estimated probability of texts that were not sampled, 0 to 1.",
            source="texts sampled once / m (Good & Turing 1953)",
            missing=_NO_CHOICE,
        ),
        Column("text", "string", "The most frequent text, as first sampled.", missing=_NO_CHOICE),
        Column(
            "weight",
            "float64",
            "Probability of that text among the sampled ones, 0 to 1.",
            source="softmax of joint_logprob over the distinct texts",
            missing="a choice has no log probability",
        ),
        Column(
            "sampled_entropy",
            "float64",
            "Monte Carlo estimate of the entropy of answers; unbiased if z_sampling is near 0.",
            "nats",
            "-(1/m) sum LL",
            "no choice has a log probability",
        ),
        Column(
            "predictive_entropy",
            "float64",
            "The same, by length.",
            "nats a token",
            "-(1/m) sum LL / n",
            "no choice has a log probability",
        ),
        Column(
            "total_variation_low",
            "float64",
            "Lower bound of the total variation between this run and run 0 of the next token where "
            "their first choices diverge, 0 to 1.",
            source="½ sum |p - q| over the tokens that both list",
            missing="they are equal, or one lists no token there",
        ),
    ),
)

SPANS = Table(
    ".spans(by)",
    "a span of a choice",
    ("run", "choice", "kind", "name", "byte_start"),
    (
        RUN,
        _CHOICE,
        Column("name", "string", "JSON Pointer, name of a group, or number from 0."),
        Column("kind", "category", "json, sentence, line, word, regex or user."),
        Column("byte_start", "int32", "Start of the span.", "UTF-8 bytes"),
        Column("byte_end", "int32", "End of the span.", "UTF-8 bytes"),
        Column("text", "string", "Text of the span."),
        Column("n_tokens", "int32", "Tokens that share a byte with the span.", "tokens"),
        Column(
            "logprob",
            "float64",
            "Log probability of these tokens together.",
            "nats",
            "sum of logprob",
            "one has none, or a part of the span has no token",
        ),
        Column(
            "prob",
            "float64",
            "Probability of these tokens together, 0 to 1.",
            source="exp(logprob)",
            missing="logprob is",
        ),
        Column("mean_logprob", "float64", "Mean log probability.", "nats a token", "", _NO_SCORE),
        Column("min_prob", "float64", "Least probability of a token, 0 to 1.", missing=_NO_SCORE),
        Column(
            "min_prob_position",
            "Int32",
            "Position in the part of the first such token.",
            missing=_NO_SCORE,
        ),
        Column("shared_start", "bool", "Whether the first token begins before the span."),
        Column("shared_end", "bool", "Whether the last token ends after the span."),
    ),
)

_DECIDING = (
    RUN,
    _CHOICE,
    Column(
        "position",
        "Int32",
        "Position in the part of the token that decides the answer.",
        missing="there is no such token",
    ),
    Column("token", "string", "Text of that token.", missing="there is no such token"),
)
LABELS = Table(
    ".labels(labels)",
    "a choice",
    ("run", "choice"),
    (
        *_DECIDING,
        Column(
            "ambiguous",
            "float64",
            "Probability of alternatives that begin several labels, 0 to 1.",
            missing=_NO_PROBABILITY,
        ),
        Column(
            "other",
            "float64",
            "Probability of alternatives that begin no label, 0 to 1.",
            missing=_NO_PROBABILITY,
        ),
        Column(
            "residual",
            "float64",
            "Probability of tokens that are not listed, 0 to 1.",
            missing=_NO_PROBABILITY,
        ),
        Column(
            "LABEL",
            "float64",
            "Probability of alternatives that begin this label and no other, 0 to 1.",
            missing=_NO_PROBABILITY,
        ),
    ),
)

EXPECTED = Table(
    ".expected()",
    "a choice",
    ("run", "choice"),
    (
        *_DECIDING,
        Column(
            "expected",
            "float64",
            "Mean of the possible numbers, weighted by probability.",
            source="sum v p / sum p (Liu et al. 2023)",
            missing="no alternative is a number",
        ),
        Column(
            "covered",
            "float64",
            "Probability of the alternatives that are numbers in range, 0 to 1.",
            missing=_NO_PROBABILITY,
        ),
    ),
)

_NO_ALTERNATIVES = "the token has no probability, or no alternatives"
_WHAT_IF_FORMULA = (
    "p^b / (S + R), b = 1 / temperature, S = sum of p^b over the listed tokens that are kept; R of "
    "the unseen ones, whose probability is s_lo to s_hi, {end}"
)

WHAT_IF = Table(
    ".what_if()",
    "a written token",
    ("run", "choice", "position"),
    (
        RUN,
        _CHOICE,
        _POSITION,
        Column("token", "string", "The token, exactly as sent."),
        Column(
            "prob_low",
            "float64",
            "Lower bound of its probability under the settings, 0 to 1; 0 where it may be cut.",
            source=_WHAT_IF_FORMULA.format(
                end="at most s_hi p_K^(b-1) for b >= 1, s_hi (r/N)^(b-1) for b < 1"
            ),
            missing=_NO_ALTERNATIVES,
        ),
        Column(
            "prob_high",
            "float64",
            "Upper bound of its probability under the settings, 0 to 1; 0 where it is cut.",
            source=_WHAT_IF_FORMULA.format(
                end="at least s_lo (r/N)^(b-1) for b >= 1, s_lo p_K^(b-1) for b < 1"
            ),
            missing=_NO_ALTERNATIVES,
        ),
        Column(
            "cut",
            "boolean",
            "Whether the settings exclude it. They act in the order of llama.cpp: top_k, top_p "
            "counted within what top_k left, min_p, temperature; temperature 0 excludes all but "
            "the first of the most probable tokens.",
            missing="it is not known, or there are no alternatives",
        ),
    ),
)
"""p_K is the least of the listed probabilities, r what they leave, N the unseen tokens."""

WIDE = Table(
    ".to_frame(wide=True)",
    "a sampled token, with its alternatives beside it",
    ("run", "choice", "part", "position"),
    (
        RUN,
        _CHOICE,
        _PART,
        _POSITION,
        Column("token", "string", "Text of the sampled token, exactly as sent."),
        Column("prob", "float64", "Probability of the sampled token, 0 to 1.", missing=_NOT_OK),
        Column(
            "token_K",
            "string",
            "Text of the alternative of rank K: `token_1`, `p_1`, `token_2`, `p_2` and so on.",
            missing="fewer were returned",
        ),
        Column(
            "p_K",
            "float64",
            "Probability of the alternative of rank K, 0 to 1.",
            missing="fewer were returned, or its status is not ok",
        ),
    ),
)

_COMPARED = (
    Column("run", "int32", "Position of the result of the answer, from 0."),
    _CHOICE,
    Column("base_run", "int32", "Position of the result that has the base."),
    Column("base_choice", "int16", "The `index` of the choice that is the base."),
    Column("place", "int32", "Number of the row in the answer, from 0."),
)

CHANGES = Table(
    ".compare(by).table",
    "a stretch of an answer, compared with the base by word, token or sentence",
    ("run", "choice", "place"),
    (
        *_COMPARED,
        Column("kind", "category", "same, insert or delete."),
        Column("text", "string", "Text of the stretch."),
    ),
)
JSON_CHANGES = Table(
    '.compare(by="json").table',
    "a JSON field of an answer, compared with the base",
    ("run", "choice", "place"),
    (
        *_COMPARED,
        Column("kind", "category", "same, insert, delete or change."),
        Column(
            "pointer",
            "string",
            "JSON Pointer of the field in the answer, in the base if it is deleted; empty if one "
            "of the texts is not a JSON object or list.",
        ),
        Column("before", "string", "Compact JSON in the base.", missing="the field is inserted"),
        Column("after", "string", "Compact JSON in the answer.", missing="the field is deleted"),
    ),
)

MODELS = Table(
    "%chat /models",
    "a model of the server",
    ("id",),
    (
        Column("id", "string", "Name of the model, as the server writes it."),
        Column("owned_by", "string", "Its owner.", missing="the server does not say"),
        Column(
            "created", "datetime64[UTC]", "Time of its creation.", missing="the server does not say"
        ),
        Column(
            "context_length",
            "Int64",
            "Length of its context.",
            "tokens",
            missing="the server does not say",
        ),
        Column(
            "capabilities",
            "string",
            "What `capabilities` has found about it, and when.",
            missing="it was not asked",
        ),
    ),
)
CAPABILITIES = Table(
    "chat_magic.capabilities(model)",
    "a feature of a server",
    ("run", "feature"),
    (
        RUN,
        Column("feature", "string", "The field, or what a server does with one."),
        Column(
            "support",
            "string",
            "What it does with it: honoured, ignored, refused, partly or unknown, by one answer.",
        ),
        Column(
            "detail",
            "string",
            "What was seen, or the server's own words. Of top_logprobs it begins with the number, "
            "of prefill it is *continues*, *repeats* or *starts anew*, of temperature whether "
            "probabilities are from *before* or *after* it.",
        ),
    ),
)
DISTRIBUTION = Table(
    "chat_magic.distribution(messages).frame",
    "an answer, the likeliest first",
    ("answer", "complete"),
    (
        Column("answer", "string", "Text of the answer."),
        Column(
            "prob_low",
            "float64",
            "Lower bound of its probability at temperature 1 without cuts, 0 to 1.",
            source="sum of exp(sum of logprob) over its token sequences that were found",
        ),
        Column(
            "prob_high",
            "float64",
            "Upper bound: that, and all that was not seen and may be this answer.",
            source="prob_low + what was left at the beginnings of its text",
        ),
        Column("n_tokens", "int32", "Tokens of its likeliest sequence, without the end.", "tokens"),
        Column("complete", "bool", "Whether it has ended; False where it is cut at `max_tokens`."),
    ),
)
MODEL_INPUT = Table(
    "chat_magic.model_input(messages).tokens",
    "a token that the model reads",
    ("run", "position"),
    (
        RUN,
        Column(
            "message",
            "Int32",
            "Position of the message that it is of, from 0.",
            missing="the template adds it around the messages",
        ),
        Column("position", "int32", "Position of the token in the prompt, from 0."),
        Column(
            "token",
            "string",
            "Its text; a part of a character is U+FFFD.",
            missing="the server does not tell",
        ),
        Column("bytes", "object", "Its bytes, as a `bytes` object.", missing="as `token`"),
        Column("is_special", "bool", "Whether it is a control token, such as `<|im_start|>`."),
    ),
)
SETTINGS = Table(
    "%chat /config",
    "a setting",
    ("setting",),
    (
        Column("setting", "string", "Name of the setting."),
        Column("value", "string", "Its value, as text."),
        Column("source", "string", "Where the value is from."),
    ),
)
JOBS = Table(
    "%chat /jobs",
    "a job in the background",
    ("job",),
    (
        Column("job", "int32", "Number of the job."),
        Column("name", "string", "Name that the result is assigned to."),
        Column("model", "string", "Model, or models, of the requests."),
        Column("state", "string", "What the job is doing, in words."),
        Column("started", "datetime64[UTC]", "Time of its start, in whole seconds."),
        Column("elapsed_s", "float64", "Time since its start, or until its end.", "s"),
        Column("cancel", "string", "The command that cancels it."),
    ),
)
_NO_TURNS = "it has no turns"
THREADS = Table(
    "%chat /thread",
    "a conversation of the notebook",
    ("thread",),
    (
        Column("thread", "string", "Its name."),
        Column("turns", "int32", "How many turns it has."),
        Column("prompt", "string", "Text of the first turn.", missing=_NO_TURNS),
        Column("model", "string", "Model of the last turn.", missing=_NO_TURNS),
        Column(
            "tokens",
            "Int64",
            "Length of the conversation, by the server's last count.",
            "tokens",
            missing="the server counts none",
        ),
        Column(
            "started",
            "datetime64[UTC]",
            "Time of the last turn, in whole seconds.",
            missing=_NO_TURNS,
        ),
    ),
)
_UNCOUNTED = "no server counted them"

HISTORY = Table(
    "chat_magic.history(query)",
    "an execution: an answer, a grid or a map",
    ("id",),
    (
        Column("id", "int64", "Number of the execution, which is the index; `load` takes it."),
        Column("started", "datetime64[UTC]", "Time of its start."),
        Column("kind", "category", "What it is: answer, grid or map."),
        Column("status", "category", "How it stands: running, complete, interrupted or failed."),
        Column("model", "string", "Model, or models joined by commas."),
        Column("prompt", "string", "Text of the last user message."),
        Column("answer", "string", "Text of the first choice; empty if there is none."),
        Column("answers", "Int64", "Choices that arrived, of all runs."),
        Column("requests", "Int64", "Runs of a grid, or rows of a map; 1 for an answer."),
        Column("failed", "Int64", "How many of the requests failed."),
        Column(
            "prompt_tokens", "Int64", "Of all runs.", "tokens", missing="the server counts none"
        ),
        Column(
            "completion_tokens", "Int64", "Of all runs.", "tokens", missing="the server counts none"
        ),
        Column("cost", "Float64", "Cost of all runs.", "dollars", missing="it is not known"),
        Column("ttft_s", "Float64", "Time to the first text.", "s", missing="there is no text"),
        Column("total_s", "Float64", "Time to the end.", "s", missing="it is running, or failed"),
        Column("error", "string", "Why it failed.", missing="it did not"),
        Column("notebook", "string", "Path of the notebook.", missing="it is not known"),
        Column("cell_id", "string", "Id of the cell.", missing="the front end sends none"),
        Column("thread", "string", "Name of the conversation.", missing="it belongs to none"),
        Column("starred", "bool", "Whether it was starred."),
        Column("note", "string", "The note of the star; empty if there is none."),
        Column("replayed", "bool", "Whether the answer is a recorded one."),
    ),
)

USAGE = Table(
    "chat_magic.usage(query)",
    "a group of executions",
    ("model", "day"),
    (
        Column("model", "string", "Model, or models joined by commas."),
        Column("day", "string", "Day of the start in UTC, as `2026-11-28`."),
        Column("requests", "Int64", "Answers, runs of grids and rows of maps."),
        Column("failed", "Int64", "How many of them failed."),
        Column("replayed", "Int64", "How many were recorded answers, for which nothing was sent."),
        Column("prompt_tokens", "Int64", "Of all prompts.", "tokens", missing=_UNCOUNTED),
        Column(
            "cached_tokens", "Int64", "Of them, read from a cache.", "tokens", missing=_UNCOUNTED
        ),
        Column("completion_tokens", "Int64", "Of all answers.", "tokens", missing=_UNCOUNTED),
        Column("reasoning_tokens", "Int64", "Of them, reasoning.", "tokens", missing=_UNCOUNTED),
        Column(
            "cost",
            "Float64",
            "Sum of the known costs of what was sent.",
            "dollars",
            missing="none of them is known",
        ),
    ),
)
"""With other groups, their columns stand in place of model and day."""

_INEXACT = "only bounds are known, and the text is not a single token among the alternatives"
_NOT_ALL = "it is not known for every text of the run, or, with `end`, no end is"

SCORES = Table(
    ".scores",
    "a text that was scored; no rows for any other answer",
    ("run", "candidate"),
    (
        RUN,
        Column("candidate", "string", "The text."),
        Column(
            "logprob",
            "float64",
            "Log probability of its tokens, as the server splits the text; of the text, which "
            "other tokens could write too, a lower bound.",
            "nats",
            "sum of the tokens' logprob",
            _INEXACT,
        ),
        Column("prob", "float64", "Its probability, 0 to 1.", "", "exp(logprob)", _INEXACT),
        Column(
            "end_logprob",
            "float64",
            "Log probability that the answer ends after it: of all end tokens of the model; with "
            "the methods prompt_logprobs and echo of those that are listed, a lower bound.",
            "nats",
            "log of the sum over end tokens",
            "it was not asked for, or is not reported",
        ),
        Column("n_tokens", "Int32", "Tokens of the text.", "tokens", missing=_INEXACT),
        Column(
            "mean_logprob",
            "float64",
            "Mean log probability.",
            "nats a token",
            "logprob / n_tokens",
            _INEXACT,
        ),
        Column(
            "bits_per_byte",
            "float64",
            "Information of the text; comparable between tokenizers.",
            "bits a UTF-8 byte",
            "-logprob / (ln 2 · bytes)",
            _INEXACT,
        ),
        Column(
            "share",
            "float64",
            "Share among the texts of the run, 0 to 1: not a probability of the answer.",
            source="softmax of logprob + end_logprob; of logprob alone without `end`",
            missing=_NOT_ALL,
        ),
        Column("rank", "Int32", "Rank by the same, from 1; equal ones share it.", missing=_NOT_ALL),
        Column(
            "bound",
            "category",
            "What is known of the probability: exact (prob, the server's own figure for these "
            "tokens), lower (low), upper (high) or interval (both).",
        ),
        Column(
            "low",
            "float64",
            "Least probability that the answer begins with the text; prob where that is exact.",
        ),
        Column(
            "high",
            "float64",
            "Greatest probability of that; prob where that is exact.",
            source="alternatives that begin the text, and all that are not listed",
        ),
        Column(
            "method",
            "category",
            "How it was found: grammar (forced tokens), steps (some tokens read one by one), "
            "prompt_logprobs, echo, alternatives (of the first token), or search (an answer that "
            "`distribution` found).",
        ),
    ),
)

_PLACES = (
    Column("message", "int32", "Position of the message, from 0."),
    Column("segment", "string", "Text of the segment; of several messages, that of the first."),
    Column("start", "int32", "Start of the segment in the text of its message.", "code points"),
    Column("end", "int32", "End of the segment in that text.", "code points"),
)
_FAILED = "the request failed, or was not sent"

ABLATION = Table(
    "chat_magic.ablate(messages).frame",
    "a segment of a prompt",
    ("message", "start"),
    (
        *_PLACES,
        Column(
            "bits",
            "float64",
            "Information that the segment gives to the answer; below 0 it takes some. Less than "
            "0.05 is drawn as none.",
            "bits",
            "log2 (prob_before / prob_after)",
            _FAILED,
        ),
        Column(
            "prob_before",
            "float64",
            "Probability of the answer and its end after the whole prompt, 0 to 1.",
        ),
        Column(
            "prob_after",
            "float64",
            "The same after the prompt without the segment.",
            missing=_FAILED,
        ),
    ),
)

LABELS_ABLATION = Table(
    "chat_magic.ablate(messages, labels=[…]).frame",
    "a segment and a label",
    ("message", "start", "label"),
    (
        *_PLACES,
        Column("label", "string", "The label."),
        Column(
            "prob_before_low",
            "float64",
            "Least probability of the label after the whole prompt, 0 to 1.",
            source="as in .labels(labels)",
            missing="the answer has no token that decides",
        ),
        Column(
            "prob_before_high",
            "float64",
            "Greatest probability of that.",
            source="with all that begins several labels, or is not listed",
            missing="the answer has no token that decides",
        ),
        Column(
            "prob_after_low",
            "float64",
            "Least probability of the label after the prompt without the segment.",
            missing=_FAILED,
        ),
        Column("prob_after_high", "float64", "Greatest probability of that.", missing=_FAILED),
    ),
)

_NO_ROWS = "there are no rows, or a single one of several answers"

CHECKS = Table(
    ".checks",
    "an answer of a run that did not fail",
    ("run", "choice"),
    (
        RUN,
        _CHOICE,
        Column(
            "CHECK",
            "boolean",
            "Whether the answer passes; a check without a name has its text.",
            missing="the check raised an exception",
        ),
        Column("passed", "bool", "Whether it passes all checks; an exception does not pass."),
        Column(
            "error",
            "string",
            "The exceptions, each after the name of its check.",
            missing="there was none",
        ),
    ),
)

_RATE_FIGURES = (
    Column("check", "category", "Name of the check; `passed` is all of them together."),
    Column("answers", "int32", "Answers of runs that did not fail."),
    Column("n_passed", "int32", "Answers that pass."),
    Column(
        "share",
        "float64",
        "Mean over rows of the share of their answers that pass, 0 to 1.",
        missing="there are no answers",
    ),
    Column(
        "low",
        "float64",
        "Lower end of its 95 % interval: one answer a row as Wilson, several as Student's t over "
        "the rows' means, cut to 0 to 1.",
        source="Wilson 1927; mean - t s / sqrt(rows), rows - 1 degrees of freedom (Miller 2024)",
        missing=_NO_ROWS,
    ),
    Column("high", "float64", "Upper end of that interval.", missing=_NO_ROWS),
    Column("rows", "int32", "Rows with an answer."),
    Column("mixed", "int32", "Rows whose choices disagree."),
    Column("failed", "int32", "Runs of the variant without an answer to check."),
)
PASS_RATES = Table(
    ".pass_rates",
    "a variant and check",
    ("variant", "check"),
    (
        Column("variant", "category", "Title of the variant: all coordinates but the row's."),
        *COORDINATES,
        *_RATE_FIGURES,
    ),
)
PASS_RATES_BY = PASS_RATES._replace(
    name=".pass_rates_by(column)",
    rows="a variant and check; rows with the same value of the column count as one",
)

VERSUS = Table(
    ".versus()",
    "a pair of variants",
    ("a", "b"),
    (
        Column("a", "category", "Title of the first variant."),
        Column("b", "category", "Title of the second."),
        Column(
            "difference",
            "float64",
            "Share of the first minus that of the second, on the rows that both answered.",
            missing="there is no such row",
        ),
        Column(
            "low",
            "float64",
            "Lower end of its 95 % interval: one answer a row as Newcombe, several as Student's t "
            "over the rows' differences, cut to -1 to 1.",
            source="Newcombe 1998, method 10",
            missing=_NO_ROWS,
        ),
        Column("high", "float64", "Upper end of that interval.", missing=_NO_ROWS),
        Column(
            "p_value",
            "float64",
            "Probability of a difference as large, in either direction, if there were none.",
            source="exact McNemar; several answers a row: sign-flip permutation of the rows",
        ),
        Column("rows", "int32", "Rows that both answered."),
        Column("discordant", "int32", "Rows on which they differ."),
        Column(
            "rows_needed",
            "Int64",
            "New rows that would show this difference with 80 % power.",
            source="Connor 1987; the exact test needs a few more",
            missing="there is no difference",
        ),
        Column(
            "p_adjusted",
            "float64",
            "The p-value, adjusted for the number of pairs.",
            source="Holm 1979",
        ),
    ),
)

CALIBRATION_BINS = Table(
    ".calibration(truth).bins",
    "a tenth of probability that has answers",
    ("low",),
    (
        Column("low", "float64", "Lower end of the bin."),
        Column("high", "float64", "Upper end of the bin."),
        Column("count", "int32", "Answers whose likeliest label has such a probability."),
        Column("stated", "float64", "Mean of that probability, 0 to 1."),
        Column("right", "float64", "Share of the answers that are right, 0 to 1."),
        Column("wilson_low", "float64", "Lower end of its 95 % interval.", source="Wilson 1927"),
        Column("wilson_high", "float64", "Upper end of that interval.", source="Wilson 1927"),
    ),
)

CALIBRATION_COVERAGE = Table(
    ".calibration(truth).coverage",
    "a number of answers, the surest first",
    ("coverage",),
    (
        Column("coverage", "float64", "Share of all answers that are kept, 0 to 1."),
        Column(
            "risk",
            "float64",
            "Share of the kept answers that are wrong, 0 to 1.",
            source="El-Yaniv & Wiener 2010",
        ),
    ),
)

_NO_MEAN = "that of a run is not known, or there are no runs"
_NO_SPREAD = "there are fewer than two runs, or that of one is not known"
PARETO = Table(
    ".pareto().frame",
    "a variant",
    ("variant",),
    (
        Column("variant", "category", "Title of the variant."),
        Column("share", "float64", "Share that passes, as in `.pass_rates`.", missing=_NO_ROWS),
        Column("share_low", "float64", "Lower end of its 95 % interval.", missing=_NO_ROWS),
        Column("share_high", "float64", "Upper end of that interval.", missing=_NO_ROWS),
        *(
            Column(f"{name}{end}", "float64", meaning, unit, source, missing)
            for name, what, unit in (
                ("cost", "cost of a request", "dollars"),
                ("total_s", "time of a request", "s"),
            )
            for end, meaning, source, missing in (
                ("", f"Mean {what}.", "", _NO_MEAN),
                (
                    "_low",
                    "Lower end of its 95 % interval, at least 0.",
                    "mean - t s / sqrt(runs)",
                    _NO_SPREAD,
                ),
                ("_high", "Upper end of that interval.", "mean + t s / sqrt(runs)", _NO_SPREAD),
            )
        ),
        Column(
            "dominated",
            "bool",
            "Whether another variant is no worse in all known figures, and better in one.",
        ),
    ),
)

CHECK_TABLES = (
    CHECKS, PASS_RATES, PASS_RATES_BY, VERSUS, CALIBRATION_BINS, CALIBRATION_COVERAGE, PARETO,
)  # fmt: skip
"""The tables of checked results."""
RESULT_TABLES = (
    FRAME, TOKENS, ALTERNATIVES, SCORES, BRANCHES, AGREEMENT, SPANS, LABELS, EXPECTED, WHAT_IF,
    WIDE,
)  # fmt: skip
"""The tables of results, in which those of several have `COORDINATES` after `run`."""
TABLES = (
    *RESULT_TABLES,
    *CHECK_TABLES,
    ABLATION,
    LABELS_ABLATION,
    CHANGES,
    JSON_CHANGES,
    MODELS,
    CAPABILITIES,
    DISTRIBUTION,
    MODEL_INPUT,
    SETTINGS,
    JOBS,
    THREADS,
    HISTORY,
    USAGE,
)
