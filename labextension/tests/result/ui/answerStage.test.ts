// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ResultModel, type Answer } from '../../../src/result/answer';
import { AnswerStage } from '../../../src/result/ui/answerStage';
import { ChoiceView, type Mode } from '../../../src/result/ui/choiceView';
import { resultOf } from '../../fixtures';
import { find, MARKDOWN_OPTIONS, texts, usePage } from './dom';

beforeEach(usePage);

/** Return a stage with a number of answers. */
async function stageOf(count: number, hasTokens = true) {
  const choices = Array.from({ length: count }, (_choice, index) =>
    resultOf('names').choices.map(choice => ({ ...choice, index, text: `Name ${index}` }))
  )
    .flat()
    .slice(0, count)
    .map(choice => (hasTokens ? choice : { ...choice, parts: {} }));
  const model = new ResultModel(resultOf('names', { choices }));
  const modes: Mode[] = [];
  const stage = new AnswerStage(
    [model],
    () => Promise.resolve(''),
    mode => modes.push(mode)
  );
  const views = model.choices.map((answer: Answer) => {
    const frame = { title: 'x', head: [], metrics: [], foot: [], divergence: null };
    return new ChoiceView(answer, frame, MARKDOWN_OPTIONS, () => {});
  });
  document.body.append(stage.node, stage.switcher, stage.tools);
  await stage.set(
    views,
    views.map(({ node }) => node)
  );
  return { stage, modes, model, views };
}

describe('a stage', () => {
  it('draws nothing before the mode is known', async () => {
    const { stage } = await stageOf(2);
    expect(texts(stage.node, '.chm-markdown')).toEqual([]);
    await stage.setMode('text');
    expect(texts(stage.node, '.chm-markdown')).toEqual(['Name 0', 'Name 0']);
  });

  it('stores the mode of a button', async () => {
    const { stage, modes } = await stageOf(1);
    await stage.setMode('text');
    const [, tokens] = stage.switcher.querySelectorAll<HTMLElement>('button');
    tokens?.click();
    await vi.waitFor(() => expect(stage.node.dataset.mode).toBe('tokens'));
    expect(modes).toEqual(['tokens']);
    expect(texts(stage.switcher, '[aria-pressed=true]')).toEqual(['Tokens']);
  });

  it('shows the next mode, with the focus on its button', async () => {
    const { stage, modes } = await stageOf(1);
    await stage.setMode('raw');
    await stage.nextMode();
    expect(modes).toEqual(['text']);
    expect(document.activeElement?.textContent).toBe('Text');
  });

  it('has no tokens to show without log probabilities', async () => {
    const { stage } = await stageOf(1, false);
    await stage.setMode('tokens');
    expect(stage.mode).toBe('text');
    expect(find(stage.switcher, 'button[disabled]').title).toContain('--top-logprobs');
  });

  it('shows a token in the inspector', async () => {
    const { stage, model } = await stageOf(1);
    await stage.setMode('text');
    const [answer] = model.choices;
    if (answer) {
      await stage.inspect(answer, 1);
    }
    expect(texts(stage.node, '.chm-current')).toEqual(['Charlotte']);
    expect(texts(stage.node, '.chm-token-name')).toEqual(['␣Charlotte']);
    expect(stage.tools.hidden).toBe(false);
    stage.dispose();
  });

  it('leaves elements alone that are already in place', async () => {
    const { stage, views } = await stageOf(2);
    const replace = vi.spyOn(stage.columns, 'replaceChildren');
    await stage.set(
      views,
      views.map(({ node }) => node)
    );
    expect(replace).not.toHaveBeenCalled();
  });
});
