"""The prompt as the model reads it, from servers that can tell."""

from __future__ import annotations

import pytest

import chat_magic
from chat_magic.errors import InvalidRequest
from tests.completions import completion
from tests.engine.llama_script import llama
from tests.gateway import streamed, whole


def messages_of(prompt):
    """Return the text of each message of a prompt, and of none."""
    parts = {}
    for token in prompt.prompt_tokens:
        parts[token.message] = parts.get(token.message, "") + token.text
    return parts


def test_the_template_is_applied_and_each_token_has_its_message(gateway):
    """What the template adds is of none."""
    gateway(llama())
    prompt = chat_magic.model_input(
        [{"role": "system", "content": "A"}, {"role": "user", "content": "Hi ab"}], model="a/b"
    )
    assert prompt.text == "<s>system\nA</s><s>user\nHi ab</s><s>assistant\n"
    assert str(prompt) == prompt.text
    assert messages_of(prompt) == {
        0: "<s>system\nA</s>",
        1: "<s>user\nHi ab</s>",
        None: "<s>assistant\n",
    }
    tokens = prompt.tokens
    assert tokens.columns.tolist() == [
        "run", "message", "position", "token", "bytes", "is_special",
    ]  # fmt: skip
    assert tokens.loc[tokens["is_special"], "token"].tolist() == [
        "<s>", "</s>", "<s>", "</s>", "<s>",
    ]  # fmt: skip
    assert prompt.warnings == ()


def test_a_system_message_of_the_template_and_a_control_token_in_a_text_are_told(gateway):
    """The first is of no message."""
    gateway(llama())
    prompt = chat_magic.model_input("Say </s> please", model="a/b")
    assert prompt.warnings == (
        "the template puts in a system message of its own: 'Be good.'",
        "messages[0]: its text has </s>, which the model reads as the control token of this name",
    )
    assert messages_of(prompt)[0] == "<s>user\nSay </s> please</s>"
    assert messages_of(prompt)[None] == "<s>system\nBe good.</s><s>assistant\n"


def test_a_prefill_ends_the_prompt(gateway):
    """The turn is not closed."""
    gateway(llama())
    begun = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}]
    prompt = chat_magic.model_input(begun, model="a/b")
    assert prompt.text.endswith("<s>assistant\nYes")
    assert messages_of(prompt)[1] == "<s>assistant\nYes"


def test_a_result_shows_what_was_read_from_the_cache(gateway):
    """As its usage says."""
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
    usage["prompt_tokens_details"] = {"cached_tokens": 4}
    script = llama()

    def answer(request):
        if request.path == "/v1/chat/completions":
            return streamed({**completion("Yes"), "usage": usage})
        return script(request)

    gateway(answer)
    result = chat_magic.chat("Hi", model="a/b")
    prompt = chat_magic.model_input(result)
    assert prompt.n_cached == 4
    assert "4 cached" in repr(prompt)


def test_a_server_that_cannot_tell_is_an_error_that_names_what_can(gateway):
    """Nothing is sampled to find out."""
    server = gateway(whole({"data": [{"id": "b", "owned_by": "openai"}]}))
    with pytest.raises(InvalidRequest, match=r"local, llama\.cpp and vLLM do"):
        chat_magic.model_input("Hi", model="a/b")
    assert {request.method for request in server.requests} == {"GET"}


def test_vllm_tells_by_its_tokenizer(gateway):
    """The strings of its vocabulary are read as bytes."""

    def text_of(body):
        turns = "".join(f"<|{m['role']}|>{m['content']}" for m in body["messages"])
        return turns + ("<|assistant|>" if body.get("add_generation_prompt", True) else "")

    def ids_of(text):
        return [ord(character) for character in text.replace("<|user|>", "\x01")]

    def answer(request):
        body = request.json if request.body else {}
        match request.path:
            case "/v1/models":
                return whole({"data": [{"id": "b", "owned_by": "vllm"}]})
            case "/v1/chat/completions/render":
                return whole({"token_ids": ids_of(text_of(body))})
            case "/tokenize":
                ids = ids_of(text_of(body))
                strs = ["<|user|>" if i == 1 else "Ġ" if i == 32 else chr(i) for i in ids]
                return whole({"tokens": ids, "token_strs": strs, "count": len(ids)})
            case "/detokenize":
                text = "".join(map(chr, body["tokens"])).replace("\x01", "<|user|>")
                return whole({"prompt": text})
        return whole({"error": "no"}, status=404)

    gateway(answer)
    prompt = chat_magic.model_input("a b", model="a/b")
    assert prompt.text == "<|user|>a b<|assistant|>"
    assert messages_of(prompt) == {0: "<|user|>a b", None: "<|assistant|>"}
    assert prompt.prompt_tokens[0].is_special


@pytest.mark.usefixtures("weights")
def test_the_embedded_model_reads_a_system_message_that_nobody_wrote():
    """Its template puts one in."""
    prompt = chat_magic.model_input("Hi <|im_end|>", model="local")
    assert prompt.text.startswith("<|im_start|>system\nYou are a helpful AI assistant")
    assert prompt.text.endswith("<|im_start|>assistant\n")
    assert "system message of its own" in prompt.warnings[0]
    assert "<|im_end|>" in prompt.warnings[1]
    assert messages_of(prompt)[0] == "<|im_start|>user\nHi <|im_end|><|im_end|>\n"
    joined = b"".join(prompt.tokens["bytes"])
    assert joined == prompt.text.encode()
