// @vitest-environment jsdom
import { beforeEach, expect, it } from 'vitest';
import { TokenTable } from '../../../src/result/ui/tokenTable';
import { loadedAnswer } from '../../fixtures';
import { find, texts, usePage } from './dom';

beforeEach(usePage);

it('has a row for each piece, with its metrics and alternatives', async () => {
  const { node } = new TokenTable(await loadedAnswer('names'), 'choice 0');
  expect(texts(node, 'caption')).toEqual(['tokens of choice 0']);
  expect(texts(node, 'tbody tr').length).toBe(2);
  const [number, token, probability, bits, rank, , alternatives] = texts(
    node,
    'tbody tr:last-child td'
  );
  expect([number, token, rank]).toEqual(['2', '␣Charlotte', '1']);
  expect(Number(bits)).toBeCloseTo(-Math.log2(parseFloat(probability ?? '') / 100), 1);
  expect(alternatives).toMatch(/^␣\S+ \d/);
});

it('has the rows of one text alone', async () => {
  const answer = await loadedAnswer('names');
  const { node } = new TokenTable(answer, 'choice 0', ' Charlotte');
  expect(texts(node, 'tbody td:nth-child(2)')).toEqual(['␣Charlotte']);
});

it('adds the rows of a long answer on demand', async () => {
  const answer = await loadedAnswer('names');
  const pieces = Array.from({ length: 250 }, () => answer.piece(0));
  Object.assign(answer, { pieces });
  const { node } = new TokenTable(answer, 'choice 0');
  expect(texts(node, 'tbody tr').length).toBe(200);
  find(node, 'button').click();
  expect(texts(node, 'tbody tr').length).toBe(250);
  expect(find(node, 'button').hidden).toBe(true);
});
