"""The config file: what it holds, which entry stands for a model, and what is refused."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path

import pytest

from chat_magic.core.request import config as module
from chat_magic.core.request.config import (
    Config,
    ModelFacts,
    Price,
    Server,
    best_match,
    read_config,
)
from chat_magic.errors import InvalidRequest

ENDPOINT = '[endpoints.x]\nbase_url = "https://x.example/v1"\n'


def test_the_example_of_the_docstring_is_a_config_file():
    """Every table and key that there is."""
    assert read_config(inspect.getdoc(module).partition("\n")[2], "f") == Config(
        defaults={"model": "fast", "temperature": 0.2},
        aliases={"fast": "openai/gpt-4o-mini"},
        endpoints={
            "anthropic": Server(
                base_url="https://api.anthropic.com/v1",
                key="ANTHROPIC_API_KEY",
                takes="model",
                headers={"X-Team": "${TEAM}"},
                extra={"top_k": 40},
                prefill="continue",
                ca_bundle="/etc/ssl/ours.pem",
                timeout_s=120.0,
            )
        },
        routes={"anthropic/*": "anthropic"},
        prices={"openai/gpt-4o*": Price(input=2.5, output=10, cached_input=1.25)},
        models={"openai/gpt-4o*": ModelFacts(window=128_000)},
    )


def test_the_example_of_the_documentation_is_a_config_file():
    """It shows every table, and what each model's name stands for."""
    page = (Path(__file__).parents[3] / "docs" / "settings.md").read_text("utf-8")
    example = read_config(page.partition("```toml\n")[2].partition("```")[0], "settings.md")
    assert all(getattr(example, each.name) for each in fields(Config))
    assert example.route("mistral/large") == example.endpoints["mistral"]


def test_an_empty_file_configures_nothing():
    """As one that is not there."""
    assert read_config("", "f") == Config()


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("openai/gpt-4o", "exact"),
        ("openai/gpt-4o-mini", "longest"),
        ("openai/o3", "vendor"),
        ("a/b", "all"),
    ],
)
def test_the_models_own_name_wins_then_the_longest_pattern(model, found):
    """Whatever their order is."""
    patterns = {
        "*": "all",
        "openai/gpt-4o*": "longest",
        "openai/gpt-4o": "exact",
        "openai/*": "vendor",
    }
    assert best_match(patterns, model) == found
    assert best_match(dict(reversed(patterns.items())), model) == found


def test_without_a_match_there_is_none():
    """A name is no pattern of longer names."""
    assert best_match({"openai/gpt": 1}, "openai/gpt-4o") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[defaults", "f is not TOML: Expected"),
        ("[defalts]", "f defalts: no such key; did you mean defaults?"),
        ("defaults = 1", "f [defaults]: must be a table"),
        (
            "[defaults]\ntempreature = 1",
            "f [defaults] tempreature: no such setting; did you mean temperature?",
        ),
        ("[defaults]\ntemperature = 3", "f [defaults] temperature 3: must be 0 to 2"),
        ("[defaults]\nseed = nan", "f [defaults] seed nan: must be a whole number"),
        ('[aliases]\na = ""', "f [aliases] a: must be a model such as vendor/model"),
        ('[aliases]\na = "b"\nb = "c/d"', "f [aliases] a: b is an alias itself"),
        ("[endpoints]\nx = 1", "f [endpoints] x: must be a table"),
        ("[endpoints.x]", "f [endpoints.x] lacks base_url"),
        (
            ENDPOINT + "bas_url = 1",
            "f [endpoints.x] bas_url: no such key; did you mean base_url?",
        ),
        ('[endpoints.x]\nbase_url = "x.example"', "f [endpoints.x] base_url is not a URL such as"),
        (
            ENDPOINT + 'takes = "all"',
            'f [endpoints.x] takes \'all\': must be "vendor/model" or "model"',
        ),
        (ENDPOINT + 'key = "sk-secret"', "f [endpoints.x] key: must be the name of an environment"),
        (ENDPOINT + 'key = "AIzaSecret"', "f [endpoints.x] key: must be the name of an environ"),
        (ENDPOINT + "headers = 1", "f [endpoints.x] headers: must be a table"),
        (ENDPOINT + 'headers = {"a b" = "c"}', "f [endpoints.x] headers a b: is not a header name"),
        (
            ENDPOINT + 'headers = {a = "secret\\n"}',
            "f [endpoints.x] headers a: must be text in one line of ASCII",
        ),
        (
            ENDPOINT.replace("x]", "vendor]") + '[routes]\n"a/*" = "vendr"',
            "f [routes] a/*: there is no [endpoints.vendr]; did you mean vendor?",
        ),
        (ENDPOINT + '[routes]\n"*/a" = "x"', "f [routes] */a: must be a model, or end in a single"),
        (ENDPOINT + 'extra = {model = "a"}', "f [endpoints.x] extra model: belongs to the request"),
        (ENDPOINT + "extra = {a = 1979-05-27}", "f [endpoints.x] extra a: JSON has no dates"),
        (ENDPOINT + "extra = {a = {b = [nan]}}", "f [endpoints.x] extra a: JSON has no dates"),
        (
            ENDPOINT + 'prefill = "vlm"',
            'f [endpoints.x] prefill \'vlm\': must be "vllm" or "continue" or "none"',
        ),
        (ENDPOINT + "ca_bundle = 1", "f [endpoints.x] ca_bundle: must be the path of a file"),
        (
            ENDPOINT + "timeout = 0",
            "f [endpoints.x] timeout 0: must be a number of seconds",
        ),
        (ENDPOINT + "timeout = true", "f [endpoints.x] timeout True: must be a number of seconds"),
        (
            '[endpoints.x]\nbase_url = "http://me:secret@::1:8000/v1"',
            "f [endpoints.x] base_url is not a URL such as https://host/v1: an IPv6",
        ),
        ('[prices]\n"a/b" = {tiers = 1}', "f [prices.a/b] tiers: must be a table"),
        ('[prices]\n"a/b" = {tiers.flex = 1}', "f [prices.a/b] tiers.flex: must be a table"),
        (
            '[prices]\n"a/b" = {tiers.flex = {input = nan}}',
            "f [prices.a/b] tiers.flex input: must be dollars per million tokens",
        ),
        (
            '[prices]\n"a/b" = {input = -1, output = 1}',
            "f [prices.a/b] input: must be dollars per million tokens",
        ),
        ('[prices]\n"a/b" = 1', "f [prices] a/b: must be a table"),
        ('[models]\n"a/b" = 1', "f [models] a/b: must be a table"),
        ('[models]\n"a*b" = {}', "f [models.a*b]: must be a model, or end in a single *"),
        ('[models]\n"a/b" = {windows = 1}', "f [models.a/b] windows: no such key"),
        ('[models]\n"a/b" = {context = 8}', "f [models.a/b] context: no such key; expected window"),
        *(
            (
                f'[models]\n"a/b" = {{window = {window}}}',
                f"f [models.a/b] window {shown}: must be a number of tokens above 0",
            )
            for window, shown in (("0", "0"), ("1.5", "1.5"), ("true", "True"), ('"8k"', "'8k'"))
        ),
        (
            '[prices."a/b"]\ninput = 1\noutput = 1\ncached = 1',
            "f [prices.a/b] cached: no such key",
        ),
    ],
)
def test_what_a_config_file_cannot_hold_is_named_by_file_table_and_key(text, message):
    """In one line, with the nearest name where one is unknown; keys are not repeated."""
    with pytest.raises(InvalidRequest) as caught:
        read_config(text, "f")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert "ecret" not in str(caught.value)


@pytest.mark.parametrize(
    ("tier", "input_price", "output_price"),
    [(None, 2.0, 8.0), ("default", 2.0, 8.0), ("flex", 1.0, 8.0), ("priority", 4.0, 16.0)],
)
def test_a_tier_has_the_prices_of_the_model_where_it_lacks_its_own(tier, input_price, output_price):
    """The tiers are those of `service_tier`."""
    text = (
        '[prices."a/b"]\ninput = 2\noutput = 8\n'
        "tiers.flex = {input = 1}\ntiers.priority = {input = 4, output = 16}"
    )
    price = read_config(text, "f").prices["a/b"].at_tier(tier)
    assert (price.input, price.output) == (input_price, output_price)


def test_a_price_may_be_known_in_part():
    """What is not known is not guessed."""
    assert read_config('[prices."a/b"]\ninput = 1', "f").prices["a/b"] == Price(input=1)
