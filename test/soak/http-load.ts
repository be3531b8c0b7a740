// A steady load through the web server: so many requests at once, each answer looked at.

import http from 'node:http';
import { httpRequest } from '../helpers/load.ts';
import { Mishaps } from './tally.ts';

/** Longer than nginx waits for anybody. */
const PATIENCE_MS = 90_000;

export class HttpLoad {
  answered = 0;
  /** Answers that are no 200, or another's. */
  readonly failed: Mishaps = new Mishaps();
  /** No answer at all. */
  readonly cut: Mishaps = new Mishaps();
  /** Times to the end of each answer, milliseconds. */
  readonly times: number[] = [];
  readonly #url: string;
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #clients: Promise<unknown>;
  #next = 0;
  #isOver = false;

  /** Begins at once; `url` is of an application that answers with its query. `clients` are requests at once. */
  constructor(url: string, clients: number) {
    this.#url = url;
    this.#clients = Promise.all(Array.from({ length: clients }, () => this.#client()));
  }

  get begun(): number {
    return this.#next;
  }

  /** Resolves when the last request has ended. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#clients;
    this.#agent.destroy();
  }

  async #client(): Promise<void> {
    while (!this.#isOver) await this.#ask(`n=${this.#next++}`);
  }

  async #ask(query: string): Promise<void> {
    const startedAt = performance.now();
    try {
      const options = { agent: this.#agent, timeoutMs: PATIENCE_MS };
      const { status, body } = await httpRequest(`${this.#url}/?${query}`, options);
      this.times.push(performance.now() - startedAt);
      const text = body.toString();
      if (status === 200 && text === query) this.answered++;
      else this.failed.add(`${status}: ${text.slice(0, 80)}`);
    } catch (error) {
      this.cut.add(String(error));
    }
  }
}

/** Returns the time within which so large a share (0 to 1) of the requests was answered, milliseconds. */
export function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
