// What can be asked through the control socket: the form of a route and of its answer. Types, and how
// parameters are read.

import type { Operations } from '../operations.ts';

/** What a route answers with. */
export type Reply =
  | { type: 'json'; status: number; value: unknown }
  | { type: 'text'; contentType: string; text: string }
  /** A receipt that may take long: the head is sent at once, and a blank line every second. */
  | { type: 'later'; receipt: Promise<unknown> }
  /** The last thing that the server says. */
  | { type: 'at-end' };

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Parameters of the query, by name: what they mean. */
  readonly parameters: Readonly<Record<string, string>>;
  /** One line. */
  readonly description: string;
  answer(operations: Operations, query: Query): Promise<Reply> | Reply;
}

/** A request that cannot be understood: the message says what was expected. */
export class RequestError extends Error {
  readonly status: number;
  /** What there is instead. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.details = details;
  }
}

/** The parameters of a request. */
export class Query {
  readonly #values: URLSearchParams;

  constructor(values: URLSearchParams) {
    this.#values = values;
  }

  names(): string[] {
    return [...this.#values.keys()];
  }

  /** Whether a switch is given: by its name alone, or as 1, yes, true or on. */
  has(name: string): boolean {
    const value = this.#values.get(name);
    if (value === null) return false;
    if (/^(|1|yes|true|on)$/.test(value)) return true;
    if (/^(0|no|false|off)$/.test(value)) return false;
    throw new RequestError(400, `${name}: expected yes or no, got ${JSON.stringify(value)}`);
  }

  /** @returns `undefined` when it is not given */
  number(name: string): number | undefined {
    const value = this.#values.get(name);
    if (value === null) return undefined;
    if (/^\d{1,9}$/.test(value)) return Number(value);
    throw new RequestError(400, `${name}: expected a whole number, got ${JSON.stringify(value)}`);
  }
}
