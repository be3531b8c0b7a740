// What the application prints, marked with the request that prints it; and lines of the access log, which
// take the same way. Nothing waits here: order, room, callbacks and errors stay those of the streams.
//
// Lines could travel as messages, as the log's do; but what is printed is to be in the pipe when `write`
// returns, also if the process crashes in the next line.

import type { Writable } from 'node:stream';
import { formatMark } from '../print-marks.ts';

/** What bytes are printed with; of the same shape in all streams. */
type Write = (chunk: unknown, encoding?: BufferEncoding | Callback, callback?: Callback) => boolean;
type Callback = (error?: Error | null) => void;

const NEWLINE = 0x0a;
/** Most requests that are remembered for a line that they have begun. */
const MOST_UNFINISHED = 50;

/** As much as the master itself keeps for a reader of the log that is slow. */
const MOST_PENDING_BYTES = 1024 * 1024;

/** What one worker's processes know each other's marks by, and whose bytes are printed. */
export interface PrintingOptions {
  /** What marks are known by. */
  word: string;
  /** Returns the id of the request in whose context this is called. */
  currentRequest: () => string | undefined;
}

/** Has the application's writes to both streams marked, from its making on. */
export class Printing {
  readonly #word: string;
  readonly #streams: readonly MarkedStream[];

  constructor(streams: readonly Writable[], options: PrintingOptions) {
    this.#word = options.word;
    this.#streams = streams.map((stream) => new MarkedStream(stream, options));
  }

  /** Writes a line of the access log, its line end included. @returns false when too much waits for the master */
  writeAccess(line: string): boolean {
    const stream = this.#streams.find(({ isOpen }) => isOpen);
    if (stream === undefined || stream.pendingBytes > MOST_PENDING_BYTES) return false;
    stream.write(formatMark(this.#word, 'a') + line + formatMark(this.#word, ')'));
    return true;
  }

  /** The request is over: what it has printed of a line is the line. */
  over(request: string): void {
    for (const stream of this.#streams) stream.over(request);
  }

  /** Bytes that are not in the pipes yet: their reader is slow. */
  get pendingBytes(): number {
    return this.#streams.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
  }
}

class MarkedStream {
  /** The stream's own. */
  readonly write: Write;
  readonly #stream: Writable;
  readonly #options: PrintingOptions;
  readonly #end: string;
  /** Requests that have begun a line and not ended it, the oldest first. */
  readonly #unfinished = new Set<string>();

  constructor(stream: Writable, options: PrintingOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#end = formatMark(options.word, ')');
    this.write = stream.write.bind(stream) as Write;
    stream.write = ((chunk: unknown, encoding?: BufferEncoding | Callback, callback?: Callback) =>
      this.#print(chunk, encoding, callback)) as typeof stream.write;
  }

  /** A handler may have ended it. */
  get isOpen(): boolean {
    return !this.#stream.writableEnded && !this.#stream.destroyed;
  }

  get pendingBytes(): number {
    return this.#stream.writableLength;
  }

  over(request: string): void {
    if (this.#unfinished.size === 0 || !this.#unfinished.delete(request)) return;
    if (this.isOpen) this.write(formatMark(this.#options.word, '.', request));
  }

  #print(chunk: unknown, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    const request = this.#options.currentRequest();
    if (request === undefined || isEmpty(chunk)) return this.write(chunk, encoding, callback);
    const begin = formatMark(this.#options.word, '(', request);
    this.#noteEnd(chunk, request);
    if (typeof chunk === 'string' && (typeof encoding !== 'string' || encoding === 'utf8')) {
      return this.write(begin + chunk + this.#end, encoding, callback);
    }
    // Whatever the stream makes of it, and says to it, all leaves in one piece.
    this.#stream.cork();
    try {
      this.write(begin);
      return this.write(chunk, encoding, callback);
    } finally {
      this.write(this.#end);
      this.#stream.uncork();
    }
  }

  #noteEnd(chunk: unknown, request: string): void {
    if (endsLine(chunk)) {
      if (this.#unfinished.size > 0) this.#unfinished.delete(request);
      return;
    }
    this.#unfinished.add(request);
    const [oldest] = this.#unfinished;
    if (this.#unfinished.size > MOST_UNFINISHED && oldest !== undefined) this.over(oldest);
  }
}

function isEmpty(chunk: unknown): boolean {
  return chunk === '' || (chunk instanceof Uint8Array && chunk.length === 0);
}

/** Text in another encoding is taken for the middle of a line: that costs a mark, no more. */
function endsLine(chunk: unknown): boolean {
  if (typeof chunk === 'string') return chunk.endsWith('\n');
  return chunk instanceof Uint8Array && chunk.at(-1) === NEWLINE;
}
