// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { imageOf, sourceList } from '../../../src/result/ui/answerMedia';
import type { PayloadImage } from '../../../src/result/payloadTypes';

const encoded = (bytes: string): string => btoa(bytes);
const PNG = encoded('\x89PNG\r\n\x1a\nrest');

const image = (fields: Partial<PayloadImage>): HTMLElement =>
  imageOf({ media_type: null, data: null, link: null, description: 'an image', ...fields });

describe('an image of an answer', () => {
  it.each([
    ['image/png', PNG],
    ['image/jpeg', encoded('\xff\xd8\xff\xe0rest')],
    ['image/gif', encoded('GIF89arest')],
    ['image/webp', encoded('RIFF1234WEBPrest')]
  ] as const)('is drawn from its data: %s', (media_type, data) => {
    const drawn = image({ media_type, data }).querySelector('img');
    expect(drawn?.src).toBe(`data:${media_type};base64,${data}`);
    expect(drawn?.alt).toBe('an image');
  });

  it.each([
    ['another kind than it claims', 'image/jpeg', PNG],
    ['SVG', 'image/png', encoded('<svg onload="alert(1)"/>')],
    ['a sound', 'image/webp', encoded('RIFF1234WAVErest')],
    ['no base64', 'image/png', `${PNG}" onerror="alert(1)`],
    ['nothing', 'image/png', ''],
    ['an unknown kind', 'image/svg+xml' as 'image/png', PNG]
  ] as const)('is only named where a notebook holds %s', (_, media_type, data) => {
    const node = image({ media_type, data });
    expect(node.querySelector('img')).toBeNull();
    expect(node.textContent).toBe('an image');
  });

  it('is a link where only its address is known', () => {
    const link = image({ link: 'https://x.org/a.png' }).querySelector('a');
    expect(link?.getAttribute('href')).toBe('https://x.org/a.png');
    expect(link?.rel).toBe('noopener');
    expect(image({ link: 'javascript:alert(1)' }).querySelector('a')).toBeNull();
  });
});

describe('the sources of an answer', () => {
  it('are numbered links with the host that they lead to', () => {
    const [list] = sourceList([
      { number: 1, title: '<b>A</b>', link: 'https://a.org/x', host: 'a.org' },
      { number: 2, title: 'bad', link: 'javascript:alert(1)', host: '' }
    ]);
    expect(list?.textContent).toBe('[1] <b>A</b> a.org[2] bad');
    expect(list?.querySelectorAll('a')).toHaveLength(1);
    expect(list?.querySelector('b')).toBeNull();
  });

  it('are nothing where there are none', () => {
    expect(sourceList([])).toEqual([]);
  });
});
