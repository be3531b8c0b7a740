// Takes apart what a worker prints: whole lines, each with the request that it belongs to. Pure.

import { LineSplitter } from '../line-splitter.ts';
import type { MarkKind } from '../print-marks.ts';
import { MARK_BYTE, MAX_MARKED_ID } from '../print-marks.ts';

/** A line, and whose it is. */
export interface MarkedLine {
  readonly text: string;
  /** Absent: nobody's. */
  readonly request?: string | undefined;
  /** Of the access log. */
  readonly isAccess?: boolean | undefined;
}

/** Most requests whose unfinished lines are kept. */
const MOST_UNFINISHED = 100;
/** A request's header block bounds what is written of it, escapes included. */
const MAX_ACCESS_BYTES = 1024 * 1024;

interface Owner {
  readonly request: string | undefined;
  readonly isAccess: boolean;
  readonly lines: LineSplitter;
}

export class MarkedLines {
  readonly #start: Buffer;
  readonly #write: (line: MarkedLine) => void;
  readonly #nobody: Owner = { request: undefined, isAccess: false, lines: new LineSplitter() };
  readonly #access: Owner = {
    request: undefined,
    isAccess: true,
    lines: new LineSplitter(MAX_ACCESS_BYTES),
  };
  /** Those that have begun a line, the oldest first. */
  readonly #unfinished = new Map<string, Owner>();
  #owner: Owner = this.#nobody;
  /** Bytes that may be the beginning of a mark. */
  #rest: Buffer = Buffer.alloc(0);

  /** @param word - what marks are known by */
  constructor(word: string, write: (line: MarkedLine) => void) {
    this.#start = Buffer.from(`\0${word}`);
    this.#write = write;
  }

  /** Takes the next bytes, and tells the lines that they complete. */
  push(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let from = 0;
    for (;;) {
      const at = bytes.indexOf(MARK_BYTE, from);
      if (at < 0) break;
      const mark = this.#readMark(bytes.subarray(at));
      if (mark === 'unfinished') {
        this.#take(bytes.subarray(0, at));
        // A copy, because a view would keep the whole chunk in memory.
        this.#rest = Buffer.from(bytes.subarray(at));
        return;
      }
      if (mark === undefined) {
        from = at + 1;
        continue;
      }
      this.#take(bytes.subarray(0, at));
      this.#follow(mark.kind, mark.id);
      bytes = bytes.subarray(at + mark.length);
      from = 0;
    }
    this.#rest = Buffer.alloc(0);
    this.#take(bytes);
  }

  /** Tells what was left without a line end. */
  end(): void {
    this.#take(this.#rest);
    this.#rest = Buffer.alloc(0);
    for (const owner of [...this.#unfinished.values(), this.#access, this.#nobody]) {
      this.#finish(owner);
    }
  }

  /** Reads the mark that `bytes` begin with; `undefined`: they begin with none. */
  #readMark(
    bytes: Buffer,
  ): { kind: MarkKind; id: string; length: number } | 'unfinished' | undefined {
    const known = Math.min(bytes.length, this.#start.length);
    if (bytes.compare(this.#start, 0, known, 0, known) !== 0) return undefined;
    const end = bytes.indexOf(MARK_BYTE, this.#start.length);
    const longest = this.#start.length + 1 + MAX_MARKED_ID;
    if (end > longest || (end < 0 && bytes.length > longest)) return undefined;
    if (end < 0) return 'unfinished';
    const [kind = ''] = bytes.toString('latin1', this.#start.length, this.#start.length + 1);
    if (!isKind(kind)) return undefined;
    return { kind, id: bytes.toString('latin1', this.#start.length + 1, end), length: end + 1 };
  }

  #follow(kind: MarkKind, id: string): void {
    if (kind === '(') this.#owner = this.#unfinished.get(id) ?? newOwner(id);
    else if (kind === 'a') this.#owner = this.#access;
    else if (kind === ')') this.#owner = this.#nobody;
    else {
      const owner = this.#unfinished.get(id);
      if (owner !== undefined) this.#finish(owner);
    }
  }

  #take(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const owner = this.#owner;
    for (const text of owner.lines.push(bytes)) this.#tell(owner, text);
    const { request } = owner;
    if (request === undefined) return;
    if (owner.lines.isEmpty) this.#unfinished.delete(request);
    else this.#keep(request, owner);
  }

  #keep(request: string, owner: Owner): void {
    this.#unfinished.set(request, owner);
    const [oldest] = this.#unfinished.values();
    if (this.#unfinished.size > MOST_UNFINISHED && oldest !== undefined) this.#finish(oldest);
  }

  #finish(owner: Owner): void {
    for (const text of owner.lines.end()) this.#tell(owner, text);
    if (owner.request !== undefined) this.#unfinished.delete(owner.request);
  }

  #tell({ request, isAccess }: Owner, text: string): void {
    this.#write({ text, request, isAccess });
  }
}

function newOwner(request: string): Owner {
  return { request, isAccess: false, lines: new LineSplitter() };
}

function isKind(text: string): text is MarkKind {
  return text === '(' || text === ')' || text === '.' || text === 'a';
}
