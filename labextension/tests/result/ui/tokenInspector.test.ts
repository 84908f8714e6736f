// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest';
import { ResultModel } from '../../../src/result/answer';
import type { PayloadResult } from '../../../src/result/payloadTypes';
import { TokenInspector } from '../../../src/result/ui/tokenInspector';
import { resultOf } from '../../fixtures';
import { find, press, texts, usePage } from './dom';

beforeEach(usePage);

async function start(changes: Partial<PayloadResult> = {}, name = 'names') {
  const model = new ResultModel(resultOf(name, changes));
  const inspector = new TokenInspector([model], () => Promise.resolve(''));
  const host = document.createElement('div');
  document.body.append(host, inspector.details.node, inspector.node);
  model.choices.forEach((answer, index) => inspector.add(answer, host, `choice ${index}`, null));
  await inspector.start();
  const tokens = Array.from(host.querySelectorAll<HTMLElement>('.chm-tokens'));
  return {
    model,
    inspector,
    host,
    tokens,
    /** Press a key in the tokens; the stage passes on what they leave. */
    press: (key: string) => press(find(host, '.chm-tokens'), key) && inspector.act(key),
    said: () => find(inspector.node, '[role=status]').textContent,
    selected: () => texts(host, '.chm-selected')
  };
}

describe('the inspector', () => {
  it('paints the tokens and counts them by bin', async () => {
    const { inspector, host } = await start();
    expect(texts(inspector.node, '.chm-legend').length).toBe(5);
    expect(texts(host, '.chm-token').length).toBe(host.querySelectorAll('i').length);
  });

  it('moves with the keys, and says where the cursor is', async () => {
    const { press, selected, said } = await start();
    press('End');
    expect(selected()).toEqual(['Charlotte']);
    expect(said()).toMatch(/^token 2, “␣Charlotte”, \d+\.\d percent, rank 1$/);
    press('ArrowLeft');
    expect(selected()).toEqual(['3.']);
    press('n');
    expect(selected()).toEqual(['Charlotte']);
    press('n');
    expect(said()).toBe('no unsure token after this one');
  });

  it('changes metric and granularity', async () => {
    const { inspector, press, said, selected } = await start();
    press('m');
    expect(said()).toBe('painted by surprisal');
    press('g');
    expect(said()).toBe('by word');
    press('Home');
    expect(selected()).toEqual(['3.']);
    const selects = Array.from(inspector.node.querySelectorAll('select'), each => each.value);
    expect(selects.slice(0, 2)).toEqual(['surprisal', 'word']);
  });

  it.each(['input.chm-select', '.chm-slider'])(
    'goes at Escape from the field %s to the tokens, then out',
    async field => {
      const { inspector, press, selected } = await start();
      press('End');
      find(inspector.node, field).focus();
      expect(inspector.act('Escape')).toBe(true);
      expect(document.activeElement?.className).toContain('chm-tokens');
      expect(selected()).toEqual(['Charlotte']);
      expect(inspector.act('Escape')).toBe(true);
      expect(selected()).toEqual([]);
      expect(inspector.act('Escape')).toBe(false);
    }
  );

  it('says that an answer without JSON has no fields', async () => {
    const { inspector } = await start();
    const granularity = find(inspector.node, '[aria-label=granularity]') as HTMLSelectElement;
    granularity.value = 'field';
    granularity.dispatchEvent(new Event('change'));
    expect(find(inspector.node, '.chm-note').textContent).toContain('not JSON');
  });

  it('keeps pinned details while the cursor moves', async () => {
    const { inspector, press } = await start();
    press('End');
    press('Enter');
    press('Home');
    expect(texts(inspector.details.node, '.chm-token-name')).toEqual(['␣Charlotte']);
    press('Escape');
    expect(inspector.details.node.textContent).toContain('Click a token');
  });

  it('shows the table of the tokens', async () => {
    const { inspector, press, said } = await start();
    press('t');
    expect([said(), inspector.node.querySelectorAll('table').length]).toEqual(['table shown', 1]);
    press('t');
    expect(inspector.node.querySelectorAll('table').length).toBe(0);
  });

  it('shows the table of the selected token alone, and then of all', async () => {
    const { inspector, press, said } = await start();
    const rows = () => texts(inspector.node, 'tbody td:nth-child(2)');
    press('f');
    expect(said()).toBe('no token selected');
    press('End');
    press('f');
    expect([said(), rows()]).toEqual(['table of “␣Charlotte”', ['␣Charlotte']]);
    press('f');
    expect([said(), rows()]).toEqual(['table of all tokens', ['3.', '␣Charlotte']]);
    find(inspector.details.node, '[title*="(f)"]').click();
    expect(rows()).toEqual(['␣Charlotte']);
  });

  it('cuts by a regular expression that is typed', async () => {
    const { inspector, press, selected, said } = await start();
    const field = find(inspector.node, 'input[aria-label="regular expression"]');
    expect(field.hidden).toBe(true);
    press('r');
    expect([field.hidden, document.activeElement]).toEqual([false, field]);
    const type = (pattern: string) => {
      (field as HTMLInputElement).value = pattern;
      field.dispatchEvent(new Event('change'));
    };
    type('3. Char');
    press('Home');
    expect(selected()).toEqual(['3.', 'Charlotte']);
    type('(');
    expect(said()).toContain('Invalid regular expression');
    type('nowhere');
    expect(find(inspector.node, '.chm-note').textContent).toContain('nothing matches');
    type('');
    press('Home');
    expect(selected()).toEqual(['3.']);
  });

  it('goes to the tokens of the next choice', async () => {
    const { model, host, press } = await start();
    press('c');
    expect(model.choices.length).toBe(2);
    expect(find(host, '.chm-current').closest('.chm-tokens')?.getAttribute('aria-label')).toContain(
      'choice 1'
    );
  });

  it('leaves keys with modifiers to the page', async () => {
    const { host, said } = await start();
    const event = new KeyboardEvent('keydown', { key: 't', ctrlKey: true, cancelable: true });
    find(host, '.chm-tokens').dispatchEvent(event);
    expect([event.defaultPrevented, said()]).toEqual([false, '']);
  });

  it('says that the alternatives cannot be read', async () => {
    const { said } = await start({ alternatives: 'eJw=' });
    expect(said()).toBe('cannot read the alternatives');
  });

  it('says how many alternatives are left out', async () => {
    const { inspector } = await start({ alternatives_left_out: 1234 });
    expect(inspector.node.textContent).toContain('1,234 less probable alternatives');
  });
});

describe('other sampling settings', () => {
  async function slide(
    name: string,
    value: string,
    changes: Partial<PayloadResult> = {},
    example = 'names'
  ) {
    const started = await start(changes, example);
    const { inspector } = started;
    const toggle = Array.from(inspector.node.querySelectorAll('button')).find(
      ({ textContent }) => textContent === 'What if'
    );
    toggle?.click();
    const label = Array.from(inspector.node.querySelectorAll('label')).find(({ textContent }) =>
      textContent.startsWith(name)
    );
    const input = label && (find(label, 'input') as HTMLInputElement);
    if (input) {
      input.value = value;
      input.dispatchEvent(new Event('input'));
    }
    return { ...started, toggle, summary: texts(inspector.node, '.chm-what-if-summary div') };
  }

  it('repaint the tokens and say what became of each answer', async () => {
    const { summary } = await slide('temperature', '0.3');
    expect(summary[0]).toMatch(/^choice 0: .+ → .+ at temperature 0\.3$/);
    expect(summary.at(-1)).toMatch(/^expected agreement of two answers: .+, from 2 choices$/);
  });

  it('strike the tokens that would have been cut', async () => {
    const { host } = await slide('top_k', '1', {}, 'outside');
    const struck = Array.from(host.querySelectorAll('.chm-cut'));
    const plain = host.querySelectorAll('.chm-token:not(.chm-cut)');
    expect(struck.length).toBeGreaterThan(0);
    expect(plain.length).toBeGreaterThan(0);
  });

  it('are taken back by a click', async () => {
    const { host, inspector } = await slide('top_k', '1', {}, 'outside');
    Array.from(inspector.node.querySelectorAll('button'))
      .find(({ textContent }) => textContent === 'Reset')
      ?.click();
    expect(host.querySelectorAll('.chm-cut').length).toBe(0);
    expect(texts(inspector.node, '.chm-what-if-summary div')).toEqual([]);
  });

  it('are off without alternatives, and the button says why', async () => {
    const { toggle } = await slide('top_k', '1', { alternatives: '' });
    expect([toggle?.disabled, toggle?.title]).toEqual([
      true,
      'off: there are no alternatives: ask with --top-logprobs 10'
    ]);
  });
});
