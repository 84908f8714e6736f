// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { keyboard } from '../../src/plugins/keyboard';

it('starts by itself, without asking for anything', () => {
  expect(keyboard.autoStart).toBe(true);
  expect(keyboard.requires ?? []).toEqual([]);
  expect(() => keyboard.activate(null as never)).not.toThrow();
});
