import { describe, expect, it, vi } from 'vitest';

vi.mock('@jupyterlab/completer', () => ({ ICompletionProviderManager: 'manager' }));
const { completer } = await import('../../src/plugins/completer');

interface Provider {
  isApplicable: (context: unknown) => Promise<boolean>;
  fetch: (request: { text: string; offset: number }) => Promise<unknown>;
}

function provider(): Provider {
  const registerProvider = vi.fn<(provider: Provider) => void>();
  void completer.activate(null as never, { registerProvider });
  const [registered] = registerProvider.mock.calls[0] ?? [];
  if (!registered) {
    throw new Error('no provider is registered');
  }
  return registered;
}

describe('the completer', () => {
  it.each([
    ['%%chat lo', true],
    ['print(', false]
  ])('tells whether it applies to %j', async (source, answer) => {
    const editor = { model: { sharedModel: { getSource: () => source } } };
    expect(await provider().isApplicable({ editor })).toBe(answer);
  });

  it('does not apply without an editor', async () => {
    expect(await provider().isApplicable({})).toBe(false);
  });

  it('completes up to the cursor', async () => {
    const text = '%%chat --te local';
    expect(await provider().fetch({ text, offset: 11 })).toEqual({
      start: 7,
      end: 11,
      items: [{ label: '--temperature', insertText: '--temperature', type: '0\u00a0to\u00a02' }]
    });
  });
});
