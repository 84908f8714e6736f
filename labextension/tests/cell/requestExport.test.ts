import { expect, it } from 'vitest';
import { asCurl, asPython, joinAnswers, requestBody } from '../../src/cell/requestExport';
import type { PayloadResult } from '../../src/result/payloadTypes';

const RESULT = {
  model: 'a/b',
  request: {
    messages: [{ role: 'user', content: 'it\'s\n"$HOME" \\n' }],
    parameters: { n: 2, stream: true },
    extra: {},
    is_whole: true
  },
  choices: [{ text: 'One' }, { text: 'Two' }]
} as unknown as PayloadResult;

it('leaves out what concerns streaming', () => {
  expect(requestBody(RESULT)).toEqual({ model: 'a/b', messages: RESULT.request.messages, n: 2 });
});

it('writes a request for a shell, with its quotes escaped', () => {
  const command = asCurl(RESULT, 'https://host/v1/');
  expect(command).toContain("curl 'https://host/v1/chat/completions'");
  expect(command).toContain('Bearer $CHAT_MAGIC_API_KEY');
  expect(command).toContain("it'\\''s");
});

it('writes a request in Python', () => {
  const program = asPython(RESULT, 'https://host/v1');
  expect(program).toContain('"https://host/v1" + "/chat/completions"');
  expect(program).toContain('os.environ["CHAT_MAGIC_API_KEY"]');
  expect(program).toContain(`request = {
    "model": "a/b",
    "messages": [
        {
            "role": "user",
            "content": "it's\\n\\"$HOME\\" \\\\n",
        },
    ],
    "n": 2,
}`);
});

it('takes the address from the environment if no other is set', () => {
  expect(asCurl(RESULT, '')).toContain('curl "$CHAT_MAGIC_BASE_URL/chat/completions"');
  expect(asPython(RESULT, '')).toContain('os.environ["CHAT_MAGIC_BASE_URL"] + "/chat/completions"');
});

it('joins the texts of all choices', () => expect(joinAnswers([RESULT])).toBe('One\n\nTwo'));
