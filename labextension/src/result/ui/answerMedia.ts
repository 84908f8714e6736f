/** The images and sources of an answer; a notebook may hold anything in their place. */

import constants from '../../constants.json';
import type { PayloadImage, PayloadSource } from '../payloadTypes';
import { element } from './dom';
import { exactText } from './exactText';

const LINK = /^https?:\/\/[^\s"'<>\\^`{|}]+$/i;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Tells by the first bytes, one in each character, whether data is of a kind of image. */
const IS_OF_TYPE: Record<string, (bytes: string) => boolean> = {
  'image/png': bytes => bytes.startsWith('\x89PNG\r\n\x1a\n'),
  'image/jpeg': bytes => bytes.startsWith('\xff\xd8\xff'),
  'image/gif': bytes => /^GIF8[79]a/.test(bytes),
  'image/webp': bytes => bytes.startsWith('RIFF') && bytes.startsWith('WEBP', 8)
};

/** Draw an image from its data if its first bytes prove that it is one, else its address or why. */
export function imageOf({ media_type, data, link, description }: PayloadImage): HTMLElement {
  if (media_type && data && isImage(media_type, data)) {
    const image = element('img', 'chm-image');
    image.alt = description;
    image.src = `data:${media_type};base64,${data}`;
    return element('div', '', image);
  }
  if (link && LINK.test(link)) {
    return element('div', '', linkTo(link, 'image'));
  }
  return exactText('p', 'chm-hint', description);
}

/** Draw sources as numbered links, each with the host that it leads to; nothing without sources. */
export function sourceList(sources: readonly PayloadSource[]): HTMLElement[] {
  if (!sources.length) {
    return [];
  }
  const rows = sources.map(({ number, title, link, host }) =>
    element(
      'div',
      '',
      `[${number}] `,
      link && LINK.test(link) ? linkTo(link, title) : exactText('bdi', '', title),
      host ? exactText('span', 'chm-muted', ` ${host}`) : null
    )
  );
  return [element('div', 'chm-sources', ...rows)];
}

function isImage(type: string, data: string): boolean {
  if (!constants.imageTypes.includes(type) || !BASE64.test(data)) {
    return false;
  }
  try {
    return IS_OF_TYPE[type]?.(atob(data.slice(0, 24))) ?? false;
  } catch {
    return false;
  }
}

function linkTo(address: string, title: string): HTMLAnchorElement {
  const link = element('a', '', exactText('bdi', '', title));
  link.href = address;
  link.rel = 'noopener';
  link.target = '_blank';
  return link;
}
