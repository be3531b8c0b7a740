// The names of meta-variables, remembered from request to request. A web server sends the same names in
// the same order nearly every time: to compare costs a fraction of making and hashing new strings.

import type { Buffer } from 'node:buffer';

/** Names that are remembered at once; the longest, and how many of them a request may leave out. */
const MAX_NAMES = 96;
const MAX_NAME_LENGTH = 48;
const LOOK_AHEAD = 4;

/** Reads names, in the order in which they come. */
export class KnownNames {
  /** In the order of the requests so far, each once. */
  #names: string[] = [];
  #next = 0;
  #areAllKnown = true;

  /** A new header block begins. */
  restart(): void {
    this.#next = 0;
    this.#areAllKnown = true;
  }

  /** All names of this block so far came in their known order, so none of them can have come twice. */
  get areAllKnown(): boolean {
    return this.#areAllKnown;
  }

  /**
   * Returns the name that begins at `at` and ends before a NUL; undefined when there is no NUL.
   *
   * @param text - the whole block in latin-1
   */
  read(block: Buffer, text: string, at: number): string | undefined {
    const names = this.#names;
    const last = Math.min(this.#next + LOOK_AHEAD, names.length);
    for (let i = this.#next; i < last; i++) {
      const name = names[i] as string;
      if (isAt(name, block, at)) {
        this.#next = i + 1;
        return name;
      }
    }
    this.#areAllKnown = false;
    const end = text.indexOf('\0', at);
    if (end === -1) return undefined;
    const name = text.slice(at, end);
    if (name.length <= MAX_NAME_LENGTH) this.#remember(name);
    return name;
  }

  #remember(name: string): void {
    const former = this.#names.indexOf(name);
    if (former !== -1) {
      this.#names.splice(former, 1);
      if (former < this.#next) this.#next--;
    }
    // Names without end are an attack, or a mix of web servers: begin anew, nothing else is lost.
    if (this.#names.length >= MAX_NAMES) {
      this.#names = [];
      this.#next = 0;
    }
    this.#names.splice(this.#next++, 0, ownCopy(name));
  }
}

/** Whether `name` and a NUL are at `at`. Byte by byte: names are short, and most differ soon. */
function isAt(name: string, block: Buffer, at: number): boolean {
  const { length } = name;
  if (block[at + length] !== 0) return false;
  for (let i = 0; i < length; i++) if (block[at + i] !== name.charCodeAt(i)) return false;
  return true;
}

/** A slice would keep its whole header block in memory. */
function ownCopy(name: string): string {
  return Object.keys({ [name]: 0 })[0] ?? name;
}
