import { describe, expect, it } from 'vitest';
import { pattern, patternSource, wholePattern } from '../src/patterns';
import { wire } from './fixtures';

interface PatternCase {
  pattern: Parameters<typeof pattern>[0];
  text: string;
  matches: string[];
}

describe('a shared pattern', () => {
  it.each(
    wire<PatternCase[]>('patterns.json').map(each => [each.pattern, each.text, each] as const)
  )('matches what it matches in Python: %s in %j', (name, text, { matches }) => {
    expect(Array.from(text.matchAll(pattern(name, 'g')), match => match[0])).toEqual(matches);
  });

  it('may have to match a whole text', () => {
    expect(wholePattern('specialToken').test('<|im_end|>')).toBe(true);
    expect(wholePattern('specialToken').test('a <|im_end|>')).toBe(false);
  });

  it('can be part of another pattern', () => {
    const line = new RegExp(`^${patternSource('role')}`, 'u');
    expect(line.exec('user(Ada): Hi')?.groups?.name).toBe('Ada');
  });
});
