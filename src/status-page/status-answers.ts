// What is answered to whoever asks for the status page, its data, or the metrics; knows nothing of how it
// travels.

import type { Operations } from '../ops/operations.ts';
import type { ServerStatus } from '../ops/server-status.ts';
import type { PageAssets } from './assets.ts';
import { readAssets } from './assets.ts';
import { contentSecurityPolicy, renderDocument } from './document.ts';

export interface StatusAnswer {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Those who ask within this time get the same figures: many readers cost hardly more than one. Milliseconds. */
const SHARED_MS = 100;

interface Shared {
  readonly at: number;
  readonly status: Promise<ServerStatus>;
  page?: Promise<StatusAnswer>;
}

export class StatusAnswers {
  readonly #source: Pick<Operations, 'status' | 'metrics'>;
  readonly #assets: PageAssets;
  readonly #policy: string;
  #shared: Shared | undefined;

  constructor(source: Pick<Operations, 'status' | 'metrics'>, assets: PageAssets = readAssets()) {
    this.#source = source;
    this.#assets = assets;
    this.#policy = contentSecurityPolicy(assets);
  }

  /**
   * Answers one request; what goes wrong is in the answer.
   *
   * @param target - what follows the page's own path: nothing or a slash for the page, `/status.json` or
   *   `?json` for its data, `/metrics`
   */
  async answer(method: string, target: string): Promise<StatusAnswer> {
    if (method !== 'GET' && method !== 'HEAD') {
      return plainAnswer(405, 'Only GET and HEAD are answered here.', [['Allow', 'GET, HEAD']]);
    }
    const [path = '', query = ''] = target.split('?', 2);
    const parameters = new URLSearchParams(query);
    try {
      return await this.#find(path, parameters);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return plainAnswer(500, `The status is not known: ${reason}`);
    }
  }

  async #find(path: string, parameters: URLSearchParams): Promise<StatusAnswer> {
    const isRoot = path === '' || path === '/';
    if (path === '/status.json' || (isRoot && parameters.has('json'))) {
      return this.#data(Number(parameters.get('since') ?? 0));
    }
    if (isRoot) return this.#page();
    if (path === '/metrics') {
      const type = 'text/plain; version=0.0.4; charset=utf-8';
      return answerOf(200, type, await this.#source.metrics());
    }
    return plainAnswer(404, 'Here are only the status page, /status.json and /metrics.');
  }

  #page(): Promise<StatusAnswer> {
    const shared = this.#share();
    shared.page ??= shared.status.then((status) => this.#render(status));
    return shared.page;
  }

  #render(status: ServerStatus): StatusAnswer {
    const body = renderDocument(status, this.#assets);
    return answerOf(200, 'text/html; charset=utf-8', body, [
      ['Content-Security-Policy', this.#policy],
    ]);
  }

  async #data(since: number): Promise<StatusAnswer> {
    const status = await this.#share().status;
    const samples = status.samples.filter(({ at }) => !(at <= since));
    return answerOf(200, 'application/json', `${JSON.stringify({ ...status, samples })}\n`);
  }

  #share(): Shared {
    const now = performance.now();
    if (this.#shared === undefined || now - this.#shared.at > SHARED_MS) {
      this.#shared = { at: now, status: this.#source.status() };
    }
    return this.#shared;
  }
}

/** An answer in a sentence. */
export function plainAnswer(
  status: number,
  sentence: string,
  fields: StatusAnswer['fields'] = [],
): StatusAnswer {
  return answerOf(status, 'text/plain; charset=utf-8', `${sentence}\n`, fields);
}

// The parts of an answer.
// oxlint-disable-next-line max-params
function answerOf(
  status: number,
  type: string,
  body: string,
  more: StatusAnswer['fields'] = [],
): StatusAnswer {
  const fields: StatusAnswer['fields'] = [
    ['Content-Type', type],
    ['Cache-Control', 'no-store'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
    ...more,
  ];
  return { status, fields, body };
}
