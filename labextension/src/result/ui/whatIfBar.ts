/** Sliders for other sampling settings, and what they would have made of the answers. */

import { AS_REPORTED, changesNothing, type Sampling } from '../whatIf';
import { button, element } from './dom';

interface Slider {
  node: HTMLElement;
  input: HTMLInputElement;
  /** Write its value beside it. */
  show: () => void;
}

const TITLE =
  'What the recorded probabilities become under other sampling settings, in the order of llama.cpp: top_k, top_p within what it left, temperature; ranges where unlisted tokens matter';
/** The most of the slider of top_k; 0 keeps all tokens. */
const MOST_K = 100;

export class WhatIfBar {
  /** Call back with the settings, null for those that were reported. */
  constructor(private readonly onChange: (sampling: Sampling | null) => void) {
    this.toggle = button('What if', TITLE, () => this.setOpen(this.node.hidden));
    this.toggle.setAttribute('aria-expanded', 'false');
    this.sliders = [this.temperature, this.topP, this.topK];
    this.node = element(
      'div',
      'chm-what-if',
      ...this.sliders.map(({ node }) => node),
      button('Reset', 'Show the reported probabilities', () => this.reset()),
      this.summary
    );
    this.node.hidden = true;
  }

  /** Say why there is nothing to move, or allow it. */
  setFault(reason: string | null): void {
    this.toggle.disabled = reason !== null;
    this.toggle.title = reason === null ? TITLE : `off: ${reason}`;
    if (reason !== null && !this.node.hidden) {
      this.setOpen(false);
    }
  }

  /** Show what became of the answers, a line each. */
  showSummary(lines: readonly string[]): void {
    this.summary.replaceChildren(...lines.map(line => element('div', '', line)));
  }

  private setOpen(isOpen: boolean): void {
    this.node.hidden = !isOpen;
    this.toggle.setAttribute('aria-expanded', String(isOpen));
    this.onChange(isOpen ? this.sampling : null);
  }

  private reset(): void {
    this.temperature.input.value = '1';
    this.topP.input.value = '1';
    this.topK.input.value = '0';
    this.changed();
  }

  private changed(): void {
    this.sliders.forEach(({ show }) => show());
    this.onChange(this.sampling);
  }

  private get sampling(): Sampling | null {
    const sampling = {
      ...AS_REPORTED,
      temperature: this.temperature.input.valueAsNumber,
      topP: this.topP.input.valueAsNumber,
      topK: this.topK.input.valueAsNumber || null
    };
    return changesNothing(sampling) ? null : sampling;
  }

  private slider(name: string, most: number, step: number, value: number): Slider {
    const input = element('input', 'chm-slider');
    input.type = 'range';
    Object.assign(input, { min: '0', max: String(most), step: String(step) });
    input.value = String(value);
    const shown = element('output', 'chm-slider-value');
    const show = (): void => {
      shown.textContent = most === MOST_K && input.value === '0' ? 'all' : input.value;
    };
    input.addEventListener('input', () => this.changed());
    show();
    return { node: element('label', 'chm-slider-label', name, input, shown), input, show };
  }

  readonly node: HTMLElement;
  readonly toggle: HTMLButtonElement;
  private readonly summary = element('div', 'chm-what-if-summary');
  private readonly temperature = this.slider('temperature', 1, 0.05, 1);
  private readonly topP = this.slider('top_p', 1, 0.01, 1);
  private readonly topK = this.slider('top_k', MOST_K, 1, 0);
  private readonly sliders: Slider[];
}
