// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { ResultModel } from '../../../src/result/answer';
import type { PayloadResult } from '../../../src/result/payload';
import { ResultView } from '../../../src/result/ui/resultView';
import { wire, type Case } from '../../fixtures';

/** Return a result as it was stored before answers were compared. */
function old(): PayloadResult {
  const [result] = wire<Record<string, Case>>('inspector.json').names.payload.results;
  const { coordinates: _coordinates, error: _error, ...others } = result;
  const choices = result.choices.map(({ metrics: _metrics, ...choice }) => choice);
  return { ...others, choices };
}

function draw(result: PayloadResult, only: number | null = null) {
  const options = {
    markdownParser: null,
    sanitizer: { sanitize: (html: string) => html },
    latexTypesetter: null
  };
  return new ResultView(
    new ResultModel(result),
    options,
    async () => '',
    () => {},
    only
  );
}

it('draws what was stored before there were comparisons, one column a choice', async () => {
  const [choice] = old().choices;
  const view = draw({ ...old(), choices: [choice, { ...choice, index: 1, text: 'Other' }] });
  await view.setMode('text');
  const columns = Array.from(view.node.querySelectorAll('.chm-choice'));
  expect(columns.map(each => each.querySelector('strong')?.textContent)).toEqual(['0', '1']);
  expect(columns.map(each => each.querySelector('.chm-markdown')?.textContent)).toEqual([
    choice.text,
    'Other'
  ]);
  expect(view.node.querySelector('.chm-divergence')).toBeNull();
});

it('draws one of several choices alone where that is asked for', async () => {
  const [choice] = old().choices;
  const choices = [choice, { ...choice, index: 1, text: 'Other', parts: {} }];
  const view = draw({ ...old(), choices }, 1);
  await view.setMode('raw');
  expect(view.node.querySelectorAll('.chm-choice').length).toBe(1);
  expect(view.node.querySelector('.chm-raw')?.textContent).toBe('Other');
});

it('says why there is no whole answer', async () => {
  const view = draw({ ...old(), choices: [], error: 'the server said 429' });
  await view.setMode('text');
  expect(view.node.querySelector('.chm-warning')?.textContent).toBe('the server said 429');
  expect(view.node.querySelector('.chm-stage')?.textContent).toContain('no answer');
});
