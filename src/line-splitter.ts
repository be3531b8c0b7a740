// Turns the bytes that a process prints into whole lines. Pure: knows neither streams nor the log.

const MAX_LINE_BYTES = 8 * 1024;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Marks a piece of a line that was too long: the next line continues it. */
const CUT_MARK = '…';

/** Splits bytes into lines; holds back an unfinished one, at most a line's length of it. */
export class LineSplitter {
  readonly #maxBytes: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(maxLineBytes: number = MAX_LINE_BYTES) {
    this.#maxBytes = maxLineBytes;
  }

  /** No line is unfinished. */
  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  /** Takes the next bytes; returns the lines that they complete, without their line ends. */
  push(chunk: Buffer): string[] {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const lines: string[] = [];
    let start = 0;
    let end = bytes.indexOf(NEWLINE);
    while (end >= 0) {
      this.#addLine(lines, bytes.subarray(start, end));
      start = end + 1;
      end = bytes.indexOf(NEWLINE, start);
    }
    this.#rest = this.#cutUnfinished(lines, bytes.subarray(start));
    return lines;
  }

  /** Returns what was left without a line end. */
  end(): string[] {
    const lines: string[] = [];
    if (this.#rest.length > 0) this.#addLine(lines, this.#rest);
    this.#rest = Buffer.alloc(0);
    return lines;
  }

  #addLine(lines: string[], line: Buffer): void {
    const trimmed = line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
    const rest = this.#cut(lines, trimmed, this.#maxBytes);
    lines.push(rest.toString('utf8'));
  }

  /** One byte of grace: it may be the CR of a line end, which does not count as part of the line. */
  #cutUnfinished(lines: string[], line: Buffer): Buffer {
    // A copy, because a view would keep the whole chunk in memory.
    return Buffer.from(this.#cut(lines, line, this.#maxBytes + 1));
  }

  #cut(lines: string[], line: Buffer, allowedBytes: number): Buffer {
    let rest = line;
    while (rest.length > allowedBytes) {
      const length = characterBoundary(rest, this.#maxBytes);
      lines.push(rest.toString('utf8', 0, length) + CUT_MARK);
      rest = rest.subarray(length);
    }
    return rest;
  }
}

/** The last offset up to `limit` that does not split a UTF-8 character (of at most four bytes). */
function characterBoundary(bytes: Buffer, limit: number): number {
  for (let offset = limit; offset > Math.max(0, limit - 4); offset -= 1) {
    if (((bytes[offset] ?? 0) & 0xc0) !== 0x80) return offset;
  }
  return limit;
}
