import { expect, it } from 'vitest';
import { bodyText, joinAnswers, writeProgram } from '../../src/cell/requestExport';
import type { PayloadResult } from '../../src/result/payloadTypes';

function resultOf(request: object, model = 'a/b'): PayloadResult {
  const whole = {
    messages: [{ role: 'user', content: 'it\'s\n"$HOME" \\n `id` ${x} $& $1\u202e\x7f' }],
    parameters: { n: 2 },
    extra: {},
    is_whole: true,
    ...request
  };
  const choices = [{ text: 'One' }, { text: 'Two' }];
  return { model, request: whole, choices } as unknown as PayloadResult;
}

const RESULT = resultOf({});

it.each(['curl', 'python', 'javascript'] as const)(
  'contains the JSON of the request: %s',
  language => {
    const text = bodyText(RESULT, language);
    expect(JSON.parse(text)).toEqual({ model: 'a/b', messages: RESULT.request.messages, n: 2 });
    expect(writeProgram(RESULT, language, '')).toContain(text);
    expect(text).not.toMatch(/[\u202e\x7f]/);
  }
);

it('keeps integers that JavaScript would round', () => {
  const exact = { seed: '9007199254740993', x: '[\n  18446744073709551617\n]' };
  const result = resultOf({
    parameters: { seed: 9007199254740992 },
    extra: { x: [2 ** 64] },
    exact
  });
  expect(bodyText(result, 'curl')).toMatch(
    /"seed": 9007199254740993,\n {2}"x": \[\n {4}18446744073709551617\n {2}\]\n\}$/
  );
});

it('escapes the two marks of a raw string of JavaScript', () => {
  expect(bodyText(RESULT, 'javascript')).not.toMatch(/`|\$\{/);
});

it('takes the address from the settings, else from the environment', () => {
  expect(writeProgram(RESULT, 'curl', 'https://host/v1/')).toContain(
    "curl --no-buffer 'https://host/v1/chat/completions'"
  );
  expect(writeProgram(RESULT, 'python', 'https://host/v1')).toContain(
    '"https://host/v1/chat/completions"'
  );
  expect(writeProgram(RESULT, 'curl', '')).toContain('"$CHAT_MAGIC_BASE_URL/chat/completions"');
  expect(writeProgram(RESULT, 'python', '')).toContain(
    'os.environ["CHAT_MAGIC_BASE_URL"] + "/chat/completions"'
  );
  expect(writeProgram(RESULT, 'curl', '')).toContain('Bearer $CHAT_MAGIC_API_KEY');
});

it('receives a stream where one was asked for', () => {
  const streamed = resultOf({ parameters: { stream: true } });
  expect(writeProgram(streamed, 'python', '')).toContain('httpx.stream(');
  expect(writeProgram(RESULT, 'python', '')).toContain('httpx.post(');
});

it('says that other programs cannot reach the local server', () => {
  const program = writeProgram(resultOf({}, 'local/a\nb.gguf'), 'curl', '');
  expect(program).toMatch(/^# local\/a\ufffdb\.gguf ran on the server that chat-magic starts/);
  expect(program.split('\n')[1]).toMatch(/^# program can reach/);
});

it('joins the texts of all choices', () => expect(joinAnswers([RESULT])).toBe('One\n\nTwo'));
