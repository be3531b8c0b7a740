// What a node:http application finds as the socket of its request. Node's own request and response read
// and write through it, as through any other; behind it are the streams of the handler contract.

import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { isBeingRead } from './being-read.ts';
import type { Environment } from './handler.ts';
import { ListenerAddresses } from './listener-addresses.ts';
import { abortRequest, createRequest, endBody, endUnread } from './listener-request.ts';
import { createResponse, drainResponse } from './listener-response.ts';

/** As that of a connection's input, which is not set up before somebody reads. */
const HIGH_WATER_MARK = 64 * 1024;

/** Where Node counts how often a socket is corked. */
const UNUSED_STATE = { corked: 0 };

type Callback = (error?: Error | null) => void;

/** A request as the handler contract has it. */
export interface Exchanged {
  readonly env: Environment;
  readonly bodySize: number;
  readonly input: Readable;
  readonly output: Writable;
}

/** Stands in for a `net.Socket`. It closes with the output, once the response is finished or cut. */
export class ListenerSocket extends ListenerAddresses {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  destroyed = false;
  /** The response that Node has assigned to it. */
  _httpMessage: unknown = null;
  readonly _writableState: object = UNUSED_STATE;
  readonly readableHighWaterMark: number = HIGH_WATER_MARK;
  /** The output holds small pieces together by itself: it needs no corking, nor uncorking later. */
  readonly writableCorked: number = 1;
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #done: () => void;
  #isReading = false;
  #isBlocked = false;
  /** All of the response has been written. */
  #isEnded = false;
  #silence: NodeJS.Timeout | undefined;

  /** @param done - called once, when it is closed and nobody reads the request any more */
  constructor({ env, bodySize, input, output }: Exchanged, done: () => void) {
    super(env);
    this.#input = input;
    this.#output = output;
    this.#done = done;
    this.request = createRequest(env, bodySize, this);
    this.response = createResponse(this.request, this);
    this.response.on('prefinish', () => this.#endResponse());
    output.on('close', () => this.destroy());
  }

  get readable(): boolean {
    return !this.destroyed;
  }

  get writable(): boolean {
    return !this.destroyed;
  }

  get writableHighWaterMark(): number {
    return this.#output.writableHighWaterMark;
  }

  get writableLength(): number {
    return this.#output.writableLength;
  }

  /** Called by Node when the application reads the request. */
  resume(): this {
    if (this.#isReading) this.#input.resume();
    else if (!this.request.complete) this.#startReading();
    return this;
  }

  pause(): this {
    if (this.#isReading) this.#input.pause();
    return this;
  }

  /** Called by Node, first with the head. */
  write(data: string | Uint8Array, encoding: BufferEncoding, callback?: Callback): boolean {
    this.#silence?.refresh();
    // What comes before the head is a 100 or a 103, which no web server would understand here.
    const isInterim = !this.response.headersSent;
    if (isInterim || (data.length === 0 && this.#output.writableLength === 0)) {
      if (callback) process.nextTick(callback);
      return true;
    }
    const hasRoom = this.#output.write(data, encoding, callback);
    if (!hasRoom) this.#awaitRoom();
    return hasRoom;
  }

  /** A response that has been written to its end is delivered all the same; any other is cut. */
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    clearTimeout(this.#silence);
    if (!this.#isEnded) this.#output.destroy(error);
    process.nextTick(() => this.#close(error));
    return this;
  }

  destroySoon(): this {
    return this.destroy();
  }

  end(): this {
    return this.destroy();
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  /** Silence is told to the request and the response, as by Node's server; it closes what nobody listens to. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    if (listener !== undefined) this.once('timeout', listener);
    if (milliseconds > 0 && !this.destroyed) {
      this.#silence = setTimeout(() => this.#timedOut(), milliseconds);
    }
    return this;
  }

  cork(): void {}

  uncork(): void {}

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #startReading(): void {
    this.#isReading = true;
    const input = this.#input;
    const { request } = this;
    input
      .on('data', (chunk: Buffer) => {
        this.#silence?.refresh();
        if (!request.push(chunk)) input.pause();
      })
      .on('end', () => endBody(request))
      .on('error', () => abortRequest(request));
  }

  #awaitRoom(): void {
    if (this.#isBlocked) return;
    this.#isBlocked = true;
    this.#output.once('drain', () => {
      this.#isBlocked = false;
      drainResponse(this.response);
    });
  }

  #endResponse(): void {
    this.#isEnded = true;
    if (!this.destroyed) this.#output.end();
  }

  #timedOut(): void {
    const emitters: EventEmitter[] = [this, this.request, this.response];
    const isTold = emitters.map((one) => one.emit('timeout', this));
    if (!isTold.includes(true)) this.destroy();
  }

  /** The request ends first, as with Node's server; the response closes with the socket. */
  #close(error: Error | undefined): void {
    const { request } = this;
    if (!this.#output.writableFinished) abortRequest(request);
    const isReading = isBeingRead(request);
    if (request.readableFlowing === null) endUnread(request);
    if (error !== undefined && this.listenerCount('error') > 0) this.emit('error', error);
    this.emit('close', error !== undefined);
    if (isReading) request.once('close', this.#done);
    else this.#done();
  }
}
