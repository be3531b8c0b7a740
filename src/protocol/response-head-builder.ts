// Collects the fields of a response head and makes them one that every web server understands alike.
// Does not check the characters of names and values: its callers do.

import { quote } from './quote.ts';
import { reasonPhrase } from './reason-phrases.ts';
import { ResponseError } from './protocol-error.ts';
import { validateLineLength } from './response-field.ts';

/** The head of a response, complete and valid. */
export interface ResponseHead {
  /** 200 to 599. */
  status: number;
  /** Never empty; latin-1. */
  reason: string;
  /** In the handler's order; without `Status`, `Content-Length` and the hop-by-hop fields. */
  fields: Array<readonly [name: string, value: string]>;
  /** What the handler declared, bytes; `undefined` when it declared nothing valid. */
  contentLength: number | undefined;
  /** What was mended, a sentence each; later stages add to it. */
  warnings: string[];
}

/** Gathers one response head, field by field. */
export class ResponseHeadBuilder {
  readonly #fields: Array<readonly [string, string]> = [];
  readonly #warnings: string[] = [];
  #status: number | undefined;
  #reason = '';
  #lengths: number[] | undefined;
  #hasLocation = false;
  #isEmpty = true;

  /**
   * Takes `NNN` or `NNN Reason`.
   *
   * @throws ResponseError unless it is a final status from 200 to 599, the same as any before
   */
  setStatus(text: string): void {
    const match = /^(\d{3})(?:[ \t]+(.*))?$/.exec(text);
    const status = Number(match?.[1]);
    if (match === null || status < 200 || status > 599) {
      throw new ResponseError(`expected a status from 200 to 599, got ${quote(text)}`);
    }
    if (this.#status !== undefined && this.#status !== status) {
      throw new ResponseError(`the response has two statuses: ${this.#status} and ${status}`);
    }
    this.#isEmpty = false;
    this.#status = status;
    this.#reason ||= match[2] ?? '';
  }

  /**
   * Takes a field; `Status` sets the status, what only a connection's two ends may say is left out.
   *
   * @throws ResponseError for a bad status or a line that is too long
   */
  addField(name: string, value: string): void {
    this.#isEmpty = false;
    validateLineLength(name, value);
    switch (name.toLowerCase()) {
      case 'status':
        this.setStatus(value);
        break;
      case 'content-length':
        this.#addLength(value);
        break;
      // Hop-by-hop (RFC 9110 §7.6.1): Apache and lighttpd would pass them on and break the framing.
      case 'connection':
      case 'keep-alive':
      case 'proxy-connection':
      case 'te':
      case 'trailer':
      case 'transfer-encoding':
      case 'upgrade':
        break;
      case 'location':
        this.#hasLocation ||= value !== '';
        this.#fields.push([name, value]);
        break;
      default:
        this.#fields.push([name, value]);
    }
  }

  /** Returns the head: 200, or 302 with a `Location`, when no status was set. */
  build(): ResponseHead {
    if (this.#isEmpty) {
      throw new ResponseError(
        'the response head is empty: expected a header before the blank line',
      );
    }
    const status = this.#status ?? (this.#hasLocation ? 302 : 200);
    const contentLength = this.#contentLength();
    return {
      status,
      reason: this.#reason || reasonPhrase(status),
      fields: this.#fields,
      contentLength,
      warnings: this.#warnings,
    };
  }

  #addLength(value: string): void {
    const length = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (Number.isSafeInteger(length)) (this.#lengths ??= []).push(length);
    else this.#warnings.push(`dropped the invalid Content-Length ${quote(value)}`);
  }

  #contentLength(): number | undefined {
    const lengths = this.#lengths;
    if (lengths === undefined) return undefined;
    if (lengths.every((length) => length === lengths[0])) return lengths[0];
    this.#warnings.push(`dropped differing Content-Length headers: ${lengths.join(', ')}`);
    return undefined;
  }
}
