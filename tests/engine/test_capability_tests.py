"""What a server does is found by at most twelve small requests."""

from __future__ import annotations

import itertools

import pytest

from chat_magic.core.reply.capability import FEATURES
from chat_magic.engine.capability_tests import find_capabilities
from chat_magic.engine.session import default_session
from chat_magic.errors import ApiError
from tests.gateway import server_with, whole


def found(model="a/b"):
    """Return what is found about the server of a model, by feature."""
    session = default_session()

    async def find():
        return await find_capabilities(session.http, await session.endpoints.resolve(model))

    findings = session.loop.run(find())
    assert tuple(finding.feature for finding in findings) == FEATURES
    return {finding.feature: (finding.support, finding.detail) for finding in findings}


def test_a_server_that_does_everything_is_asked_no_more_than_twelve_times(gateway):
    """Each feature is honoured, but the field that it cannot know."""
    server = gateway(server_with())
    findings = found()
    supports = {feature: support for feature, (support, _) in findings.items()}
    assert supports == dict.fromkeys(FEATURES, "honoured") | {"unknown_fields": "ignored"}
    assert findings["top_logprobs"][1] == "20 at most"
    assert findings["prefill"][1] == "continues"
    assert findings["temperature"][1] == "before"
    assert len(server.requests) <= 12


@pytest.mark.parametrize(
    "feature", [name for name in FEATURES if name not in ("temperature", "prefill", "top_logprobs")]
)
def test_what_a_server_ignores_is_told(gateway, feature):
    """It takes the field without a word."""
    server = gateway(server_with(ignores=[feature]))
    assert found()[feature][0] == "ignored"
    assert len(server.requests) <= 12


@pytest.mark.parametrize("feature", FEATURES)
def test_what_a_server_refuses_is_told_with_its_words(gateway, feature):
    """Other features are found all the same."""
    server = gateway(server_with(refuses=[feature]))
    findings = found()
    assert findings[feature][0] == "refused"
    assert "Unsupported parameter" in findings[feature][1]
    assert findings["json_schema" if feature != "json_schema" else "tools"][0] == "honoured"
    assert len(server.requests) <= 12


@pytest.mark.parametrize(
    ("details", "feature", "expected"),
    [
        ({"prefill": "repeats"}, "prefill", ("partly", "repeats")),
        ({"prefill": "starts anew"}, "prefill", ("ignored", "starts anew")),
        ({"temperature": "after"}, "temperature", ("honoured", "after")),
        ({"most": 5}, "top_logprobs", ("partly", "5 at most")),
        ({"most": 5000}, "top_logprobs", ("honoured", "1000 or more")),
    ],
)
def test_details_are_told(gateway, details, feature, expected):
    """What the detail says is what the table says."""
    gateway(server_with(**details))
    assert found()[feature] == expected


@pytest.mark.parametrize(
    ("feature", "is_further"),
    [
        ("seed", lambda body, n_seeds: "seed" in body and n_seeds == 2),
        ("temperature", lambda body, _: body.get("temperature") == 2),
    ],
)
def test_where_only_a_further_request_is_refused_its_error_says_why_nothing_is_known(
    gateway, feature, is_further
):
    """The field was accepted before."""
    server, n_seeds = server_with(), itertools.count(1)

    def reply(request):
        body = request.json
        if is_further(body, next(n_seeds) if "seed" in body else 0):
            return whole({"error": {"message": "overheated"}}, status=500)
        return server(request)

    gateway(reply)
    findings = found()
    assert findings[feature][0] == "unknown"
    assert "overheated" in findings[feature][1]
    assert findings["tools"][0] == "honoured"


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_a_refused_key_an_unknown_model_and_too_many_requests_are_errors(gateway, status):
    """They say nothing about the features."""
    server = gateway(whole({"error": {"message": "no"}}, status=status))
    with pytest.raises(ApiError) as raised:
        found()
    assert raised.value.status == status
    assert len(server.requests) == 1


def test_a_server_that_refuses_everything_is_an_error(gateway):
    """It quotes the server."""
    gateway(whole({"error": {"message": "out of order"}}, status=400))
    with pytest.raises(ApiError, match="out of order"):
        found()


@pytest.mark.usefixtures("weights")
def test_the_embedded_server_is_what_its_documentation_says():
    """It reports raw probabilities, as many as are asked for, and continues a prefill."""
    findings = found("local")
    assert findings["top_logprobs"] == ("honoured", "1000 or more")
    assert findings["temperature"] == ("honoured", "before")
    assert findings["prefill"] == ("honoured", "continues")
    for feature in ("n", "seed", "stop", "max_tokens", "logprobs", "json_schema", "stream_usage"):
        assert findings[feature][0] == "honoured", feature
    assert findings["unknown_fields"][0] == "ignored"
