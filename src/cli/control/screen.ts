// A terminal of which the whole screen is used for a while, and given back as it was. Plain escape sequences
// that every terminal of today knows: a library would do much more, and none of it is needed.

import type { ReadStream, WriteStream } from 'node:tty';

const ESCAPE = '\u001b[';
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l`;
const LEAVE = `${ESCAPE}?25h${ESCAPE}?1049l`;
const HOME = `${ESCAPE}H`;
const CLEAR_LINE = `${ESCAPE}K`;
const CLEAR_REST = `${ESCAPE}J`;
/** Ctrl-C, as a terminal in raw mode passes it on. */
const CTRL_C = '\u0003';
const QUIT_KEYS = ['q', 'Q', CTRL_C];

/** Where people look, and what they type. */
export interface Terminal {
  stdin: ReadStream;
  stdout: WriteStream;
}

export class TerminalScreen {
  readonly #terminal: Terminal;
  readonly #quit: () => void;
  readonly #resized: () => void;
  readonly #leave = (): void => this.close();

  /**
   * @param quit - somebody wants to leave
   * @param resized - the screen has another size
   */
  constructor(terminal: Terminal, quit: () => void, resized: () => void) {
    this.#terminal = terminal;
    this.#quit = quit;
    this.#resized = resized;
  }

  get columns(): number {
    return this.#terminal.stdout.columns;
  }

  get rows(): number {
    return this.#terminal.stdout.rows;
  }

  open(): void {
    const { stdin, stdout } = this.#terminal;
    stdout.write(ENTER);
    stdout.on('resize', this.#resized);
    // However the process ends, the terminal is given back.
    process.on('exit', this.#leave);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, this.#quit);
    if (!stdin.isTTY) return;
    stdin.setRawMode(true);
    stdin.setEncoding('utf8').on('data', this.#type).resume();
  }

  /** Shows these lines, and nothing else. */
  draw(lines: readonly string[]): void {
    const visible = lines.slice(0, this.rows);
    const text = visible.map((line) => line + CLEAR_LINE).join('\r\n');
    this.#terminal.stdout.write(HOME + text + CLEAR_REST);
  }

  close(): void {
    const { stdin, stdout } = this.#terminal;
    process.off('exit', this.#leave);
    stdout.off('resize', this.#resized);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#quit);
    if (stdin.isTTY) {
      stdin.off('data', this.#type).pause();
      stdin.setRawMode(false);
    }
    stdout.write(LEAVE);
  }

  readonly #type = (keys: Buffer | string): void => {
    if (QUIT_KEYS.some((key) => String(keys).includes(key))) this.#quit();
  };
}
