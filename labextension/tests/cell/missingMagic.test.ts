import { describe, expect, it } from 'vitest';
import { isMagicMissing, loadFailure } from '../../src/cell/missingMagic';

describe('a missing magic', () => {
  it.each([
    ['UsageError: Cell magic `%%chat` not found.', true],
    ['\u001b[31mUsageError\u001b[39m: Cell magic `%%chat` not found.\n', true],
    [
      'UsageError: Cell magic `%%chat` not found (But line magic `%chat` exists, did you mean that instead?).',
      true
    ],
    ['UsageError: Line magic function `%chat` not found.', true],
    ['UsageError: Cell magic `%%chatty` not found.', false],
    ['UsageError: Cell magic `%%time` not found.', false],
    ['ValueError: `%%chat` not found', false],
    ['', false]
  ])('is recognized in %j: %s', (text, want) => {
    expect(isMagicMissing(text)).toBe(want);
  });

  it('names the package where it is not installed', () => {
    expect(loadFailure('ModuleNotFoundError')).toContain('%pip install chat-magic');
    expect(loadFailure('ImportError')).toContain('ImportError');
  });
});
