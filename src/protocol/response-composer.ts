// Turns what a handler writes into what goes to the web server. Pure: its owner decides when bytes
// are taken, and moves them.

import type { Buffer } from 'node:buffer';
import { InternalError } from '../errors.ts';
import type { Environment } from './environment.ts';
import type { FrontRules } from './front-rules.ts';
import { HeadCollector } from './head-collector.ts';
import { ResponseError } from './protocol-error.ts';
import type { Piece } from './pieces.ts';
import type { ResponseHead } from './response-head-builder.ts';
import { encodeResponseHead, parseResponseHead } from './response-head.ts';

/** Completes one response. After it has thrown, it must not be used further. */
export class ResponseComposer {
  readonly #isHead: boolean;
  readonly #rules: FrontRules | undefined;
  readonly #env: Environment | undefined;
  readonly #collector = new HeadCollector();
  #head: ResponseHead | undefined;
  #body: Buffer[] = [];
  /** Bytes of body that the handler wrote. */
  #writtenBytes = 0;
  /** Bytes of body that may still be sent: without limit, unless declared; 0 when there must be none. */
  #roomBytes: number = Number.POSITIVE_INFINITY;
  #isCut = false;
  #heldBytes = 0;
  #bodyBytes = 0;
  #headSent = false;
  #hasEnded = false;

  /**
   * @param method - the request's method, as sent: only `HEAD` matters
   * @param rules - what becomes of fields that web servers act on; absent: nothing
   * @param env - the request, for a `Location` that needs its host
   */
  constructor(method: string, rules?: FrontRules, env?: Environment) {
    this.#isHead = method === 'HEAD';
    this.#rules = rules;
    this.#env = env;
  }

  /** The response head, once it is complete. */
  get head(): ResponseHead | undefined {
    return this.#head;
  }

  /** True once `flush` or `end` has returned the head: too late for an error document. */
  get headSent(): boolean {
    return this.#headSent;
  }

  /** Bytes pushed and not yet taken, an incomplete head included; dropped ones do not count. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Bytes of body that `flush` and `end` have returned. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /**
   * After `end`: bytes of body that were declared and never written. When not 0, the connection
   * must be aborted, or a web server takes the short body for a whole one.
   */
  get missingBytes(): number {
    return this.#hasEnded && Number.isFinite(this.#roomBytes) ? this.#roomBytes : 0;
  }

  /** What was mended in this response, a sentence each. */
  get warnings(): readonly string[] {
    return this.#head?.warnings ?? [];
  }

  /**
   * Takes bytes of the handler.
   *
   * @param chunk - kept by reference until it is taken
   * @throws ResponseError for a malformed head, or one above the bound
   */
  push(chunk: Buffer): void {
    if (this.#hasEnded) throw new InternalError('ResponseComposer got bytes after its end');
    this.#heldBytes += chunk.length;
    if (this.#head !== undefined) {
      this.#addBody(chunk, this.#head);
      return;
    }
    const collected = this.#collector.push(chunk);
    if (collected === undefined) return;
    const head = parseResponseHead(collected.head, this.#rules, this.#env);
    this.#head = head;
    if (this.#isHead || hasNoBody(head)) this.#roomBytes = 0;
    else if (head.contentLength !== undefined) this.#roomBytes = head.contentLength;
    this.#addBody(collected.rest, head);
  }

  /**
   * Returns the bytes that can be sent now; none while the head is incomplete. The first call that
   * returns the head settles that it has no `Content-Length` but the declared one.
   */
  flush(): Piece[] {
    if (this.#head === undefined) return [];
    return this.#headSent ? this.#take('') : this.#takeWithHead(this.#head, undefined);
  }

  /**
   * Returns the remaining bytes: the handler has finished. A head that is still here gets the
   * `Content-Length` of the body.
   *
   * @throws ResponseError when there is no complete head
   */
  end(): Piece[] {
    if (this.#head === undefined) {
      const found = this.#collector.describe();
      throw new ResponseError(`expected a response head and a blank line, got ${found}`);
    }
    this.#hasEnded = true;
    if (this.#headSent) return this.#take('');
    // A handler that answers HEAD without a body has not said how long the body would be.
    const isUnknown = this.#isHead && this.#writtenBytes === 0;
    return this.#takeWithHead(this.#head, isUnknown ? undefined : this.#writtenBytes);
  }

  #addBody(chunk: Buffer, head: ResponseHead): void {
    this.#writtenBytes += chunk.length;
    let kept = chunk;
    if (chunk.length > this.#roomBytes) {
      // More than announced would be taken for the start of something else, or confuse the length.
      kept = chunk.subarray(0, this.#roomBytes);
      this.#heldBytes -= chunk.length - kept.length;
      this.#warnAboutCut(head);
    }
    this.#roomBytes -= kept.length;
    if (kept.length > 0) this.#body.push(kept);
  }

  #warnAboutCut(head: ResponseHead): void {
    // For HEAD it is usual: the same handler answers GET. So it is to write one for want of a file.
    if (this.#isCut || this.#isHead || head.file !== undefined) return;
    this.#isCut = true;
    head.warnings.push(
      isBodiless(head.status)
        ? `dropped the body: a response with status ${head.status} has none`
        : `cut the body at the declared Content-Length of ${head.contentLength} bytes`,
    );
  }

  #takeWithHead(head: ResponseHead, knownLength: number | undefined): Piece[] {
    this.#headSent = true;
    let length = head.contentLength ?? knownLength;
    if (head.status === 205) length = 0;
    // The length of a file is the web server's to tell: Apache would announce ours, and send all of it.
    else if (hasNoBody(head)) length = undefined;
    return this.#take(encodeResponseHead(head, length));
  }

  #take(headText: string): Piece[] {
    const body = this.#body;
    for (const chunk of body) this.#bodyBytes += chunk.length;
    this.#body = [];
    this.#heldBytes = 0;
    return headText === '' ? body : [headText, ...body];
  }
}

function hasNoBody({ status, file }: ResponseHead): boolean {
  return file !== undefined || isBodiless(status);
}

/** Statuses whose response has no content (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
