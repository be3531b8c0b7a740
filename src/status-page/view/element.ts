// What the page is made of: plain data, which the server writes as HTML and the browser turns into nodes.
// Text stays text on both ways, whoever wrote it.

/** A value that is absent, or false, leaves the attribute out; `true` is an attribute without a value. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A piece of text, or an element. */
export type Child = string | PageElement;

export interface PageElement {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly Child[];
  /** Tells the children of a list apart that come and go. */
  readonly key?: string | undefined;
}

/** Makes an element. */
export function element(tag: string, attributes: Attributes, ...children: Child[]): PageElement {
  return { tag, attributes, children };
}

/** Makes an element of a list. */
export function keyed(key: string | number, child: PageElement): PageElement {
  return { ...child, key: String(key) };
}
