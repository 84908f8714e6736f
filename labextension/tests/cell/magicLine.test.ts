import { expect, it } from 'vitest';
import { asChatCell, magicLine, withMagicLine } from '../../src/cell/magicLine';
import { joinAnswers, asCurl, asPython } from '../../src/cell/requestExport';
import type { PayloadResult } from '../../src/result/payload';

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

it('makes a cell a chat cell once', () => {
  expect(asChatCell('Hi', '%%chat local')).toBe('%%chat local\nHi');
  expect(asChatCell('%%chat\nHi', '%%chat local')).toBe('%%chat\nHi');
});

it.each([
  ['%%chat a/b\nHi', '%%chat a/b', '%%chat -n 2', '%%chat -n 2\nHi'],
  ['\n%%chat', '%%chat', 'local', '\n%%chat local']
])('changes the line of %j', (text, line, typed, expected) => {
  expect(magicLine(text)).toBe(line);
  expect(withMagicLine(text, typed)).toBe(expected);
});

it('writes a request for a shell, where quotes end and begin again', () => {
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

it('takes the address from the environment where no other is set', () => {
  expect(asCurl(RESULT, '')).toContain('curl "$CHAT_MAGIC_BASE_URL/chat/completions"');
  expect(asPython(RESULT, '')).toContain('os.environ["CHAT_MAGIC_BASE_URL"] + "/chat/completions"');
});

it('copies every choice', () => expect(joinAnswers([RESULT])).toBe('One\n\nTwo'));
