// Tells whoever started this service how it fares: systemd by messages, others by a line on a descriptor.
// Is told things, and asks nothing upward.

import type { SendMessage } from './notify-socket.ts';

export interface ServiceNotifyParts {
  /** To the service manager, see sd_notify(3); absent: there is none. */
  send: SendMessage | undefined;
  /** Tells once that the service is ready. */
  sayReady: (() => void) | undefined;
  warn: (message: string) => void;
}

/** A status is told at most so often, milliseconds. */
const STATUS_PAUSE_MS = 1_000;
/** A receiver whose queue is full is tried again after this long, milliseconds. */
const RETRY_MS = 50;
/** Most messages that wait for such a receiver. */
const MOST_UNSENT = 20;
const MICROSECONDS_PER_MS = 1_000;

export class ServiceNotify {
  readonly #warn: (message: string) => void;
  #sendNow: SendMessage | undefined;
  #sayReady: (() => void) | undefined;
  #unsent: string[] = [];
  #retry: NodeJS.Timeout | undefined;
  /** Said, and nothing has been said since that takes it back. */
  #isReady = false;
  #status = '';
  #toldStatus = '';
  #statusTimer: NodeJS.Timeout | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  constructor({ send, sayReady, warn }: ServiceNotifyParts) {
    this.#sendNow = send;
    this.#sayReady = sayReady;
    this.#warn = warn;
  }

  /** A worker of the present generation takes requests. Only the first time after a start or a reload counts. */
  ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#send('READY=1', this.#statusLine());
    const sayReady = this.#sayReady;
    this.#sayReady = undefined;
    try {
      sayReady?.();
    } catch (error) {
      const reason = (error as Error).message;
      this.#warn(`nobody can be told that the server is ready (--notify-fd): ${reason}`);
    }
  }

  /** A new generation begins. */
  reloading(): void {
    this.#isReady = false;
    // The receiver compares it with its own clock: CLOCK_MONOTONIC, which is what node's is.
    const now = process.hrtime.bigint() / BigInt(MICROSECONDS_PER_MS);
    this.#send('RELOADING=1', `MONOTONIC_USEC=${now}`);
  }

  stopping(reason: string): void {
    // From now on nobody is to be told that it is.
    this.#isReady = true;
    this.#status = reason;
    this.#send('STOPPING=1', this.#statusLine());
  }

  /** One line for people, told if it is not what was told last, and not more than once a second. */
  status(text: string): void {
    this.#status = text;
    if (this.#sendNow === undefined || this.#statusTimer !== undefined) return;
    if (text !== this.#toldStatus) this.#send(this.#statusLine());
  }

  /**
   * Tells every `intervalMs` that the service lives.
   *
   * @param prove - resolves when what the service consists of has shown that it works; until then nothing is
   *   told, and a service manager that waits for that ends us
   */
  watch(intervalMs: number, prove: () => Promise<void>): void {
    let isAsked = false;
    const ask = (): void => {
      if (isAsked) return;
      isAsked = true;
      void prove().then(() => {
        isAsked = false;
        this.#send('WATCHDOG=1');
      });
    };
    this.#watchdog = setInterval(ask, intervalMs).unref();
    ask();
  }

  close(): void {
    clearInterval(this.#watchdog);
    clearTimeout(this.#statusTimer);
    clearTimeout(this.#retry);
  }

  #statusLine(): string {
    this.#toldStatus = this.#status;
    clearTimeout(this.#statusTimer);
    this.#statusTimer = setTimeout(() => {
      this.#statusTimer = undefined;
      this.status(this.#status);
    }, STATUS_PAUSE_MS).unref();
    // What comes behind a line break would be another assignment: MAINPID=, for one.
    return `STATUS=${this.#status.replaceAll(/[\r\n]+/g, ' ')}`;
  }

  #send(...lines: readonly string[]): void {
    if (this.#sendNow === undefined) return;
    this.#unsent.push(lines.join('\n'));
    if (this.#unsent.length > MOST_UNSENT) this.#forgetOne();
    if (this.#retry === undefined) this.#sendAll();
  }

  /** What was so is of no use any more; what has happened is. */
  #forgetOne(): void {
    const stale = this.#unsent.findIndex((message) => /^(STATUS|WATCHDOG)=/.test(message));
    this.#unsent.splice(Math.max(0, stale), 1);
  }

  #sendAll(): void {
    this.#retry = undefined;
    try {
      for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
        if (this.#sendNow?.(next) === false) {
          this.#retry = setTimeout(() => this.#sendAll(), RETRY_MS).unref();
          return;
        }
        this.#unsent.shift();
      }
    } catch (error) {
      this.#warn(`the service manager is told nothing any more: ${(error as Error).message}`);
      this.#sendNow = undefined;
    }
  }
}
