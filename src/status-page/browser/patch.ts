// Brings what the browser shows up to date with what it should show, and leaves alone what has not changed:
// what is focused, unfolded or selected stays so. Text becomes text nodes, never markup.

import type { Attributes, Child, PageElement } from '../view/element.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** Makes the node of `child`. */
export function createNode(child: Child, isInSvg: boolean = false): Node {
  if (typeof child === 'string') return document.createTextNode(child);
  const isSvg = isInSvg || child.tag === 'svg';
  const node = isSvg ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  setAttributes(node, {}, child.attributes);
  node.append(...child.children.map((one) => createNode(one, isSvg)));
  return node;
}

/** Changes `node`, which shows `old`, so that it shows `next`; the two have the same tag. */
export function patchElement(node: Element, old: PageElement, next: PageElement): void {
  setAttributes(node, old.attributes, next.attributes);
  const nodes = [...node.childNodes];
  const keys = keysOf(old);
  const shown = new Map(old.children.map((child, n) => [keys[n] ?? '', { child, node: nodes[n] }]));
  const wanted = keysOf(next);
  for (const [key, { node: gone }] of shown) if (!wanted.includes(key)) gone?.remove();
  let place: ChildNode | null = node.firstChild;
  next.children.forEach((child, n) => {
    const kept = patchChild(shown.get(wanted[n] ?? ''), child, node.namespaceURI === SVG);
    // What is in its place is not touched: a node that is moved loses the focus.
    if (kept === place) place = place.nextSibling;
    else node.insertBefore(kept, place);
  });
}

interface Shown {
  child: Child;
  node: ChildNode | undefined;
}

function patchChild(shown: Shown | undefined, next: Child, isInSvg: boolean): Node {
  const { child: old, node } = shown ?? {};
  if (node === undefined || old === undefined) return createNode(next, isInSvg);
  if (typeof next === 'string' && typeof old === 'string') {
    if (next !== old) node.textContent = next;
    return node;
  }
  if (typeof next !== 'string' && typeof old !== 'string') {
    patchElement(node as unknown as Element, old, next);
    return node;
  }
  return createNode(next, isInSvg);
}

/** Each of them once, whatever the list is of. */
function keysOf({ children }: PageElement): string[] {
  const seen = new Map<string, number>();
  return children.map(keyOf).map((key) => {
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    return before === 0 ? key : `${key} again ${before}`;
  });
}

/** Children without a key are known by their place, their tag included: another tag is another node. */
function keyOf(child: Child, place: number): string {
  if (typeof child === 'string') return `${place} text`;
  return child.key === undefined ? `${place} ${child.tag}` : `key ${child.key} ${child.tag}`;
}

function setAttributes(node: Element, old: Attributes, next: Attributes): void {
  for (const name of new Set([...Object.keys(old), ...Object.keys(next)])) {
    const value = next[name];
    if (value === old[name]) continue;
    if (value === undefined || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? '' : String(value));
    // What a control shows is no longer what its attribute says, once somebody has used it.
    if (name === 'value' && node instanceof HTMLInputElement) node.value = String(value);
  }
}
