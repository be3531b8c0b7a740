// Collects the fields of a response head and makes them one that every web server understands alike.
// Does not check the characters of names and values: its callers do.

import type { Environment } from './environment.ts';
import { droppedFileField, passedFileField } from './file-field.ts';
import type { FrontRules } from './front-rules.ts';
import { quote } from './quote.ts';
import { reasonPhrase } from './reason-phrases.ts';
import { absoluteLocation, needsHost } from './redirect.ts';
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
  /** What the web server is told to send in place of the body, as the handler named it. */
  file: string | undefined;
  /** What was mended, a sentence each; later stages add to it. */
  warnings: string[];
}

const NO_REQUEST: Environment = {};

/** Gathers one response head, field by field. */
export class ResponseHeadBuilder {
  readonly #rules: FrontRules | undefined;
  readonly #env: Environment;
  readonly #fields: Array<readonly [string, string]> = [];
  readonly #warnings: string[] = [];
  #status: number | undefined;
  #reason = '';
  #lengths: number[] | undefined;
  #hasLocation = false;
  #file: string | undefined;
  /** Name of a field for a file that was left out. */
  #droppedField: string | undefined;
  #isEmpty = true;

  /**
   * @param rules - absent: fields that web servers act on are kept as they are
   * @param env - the request that is answered
   */
  constructor(rules?: FrontRules, env: Environment = NO_REQUEST) {
    this.#rules = rules;
    this.#env = env;
  }

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
    const field = name.toLowerCase();
    switch (field) {
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
      case 'x-accel-redirect':
      case 'x-lighttpd-send-file':
      case 'x-sendfile':
        this.#addFile(field, name, value);
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
    if (this.#hasLocation) this.#completeLocation(status);
    // An application that serves several web servers alike says the same in several fields.
    if (this.#droppedField !== undefined && this.#file === undefined) {
      this.#warnings.push(droppedFileField(this.#droppedField));
    }
    return {
      status,
      reason: this.#reason || reasonPhrase(status),
      fields: this.#fields,
      contentLength,
      file: this.#file,
      warnings: this.#warnings,
    };
  }

  #addFile(field: string, name: string, value: string): void {
    if (this.#rules === undefined) {
      this.#fields.push([name, value]);
      return;
    }
    // An empty one names no file. Of several, web servers take the first, the last, or all in one.
    if (value === '' || this.#file !== undefined) return;
    const passed = passedFileField(field, this.#rules.sendfile);
    if (passed === undefined) {
      this.#droppedField ??= name;
      return;
    }
    this.#file = value;
    this.#fields.push([passed, value]);
  }

  #completeLocation(status: number): void {
    if (this.#rules === undefined) return;
    if (!needsHost(status, this.#env, this.#rules.absoluteRedirects)) return;
    for (const [index, [name, value]] of this.#fields.entries()) {
      if (!value.startsWith('/') || name.toLowerCase() !== 'location') continue;
      const url = absoluteLocation(value, this.#env);
      if (url === undefined) {
        this.#warnings.push(
          `left Location ${quote(value)} as it is: the request names no valid host`,
        );
        continue;
      }
      validateLineLength(name, url);
      this.#fields[index] = [name, url];
    }
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
