// Writes the page as HTML. Pure.

import { escapeHtml } from '../escape-html.ts';
import type { Child } from './view/element.ts';

/** Elements that have no end tag. */
const VOID = new Set(['input', 'link', 'meta', 'br']);

export function toHtml(child: Child): string {
  if (typeof child === 'string') return escapeHtml(child);
  const { tag, attributes, children } = child;
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => (value === true ? ` ${name}` : ` ${name}="${escapeHtml(`${value}`)}"`));
  const start = `<${tag}${written.join('')}>`;
  return VOID.has(tag) ? start : `${start}${children.map(toHtml).join('')}</${tag}>`;
}
