// Netstrings (https://cr.yp.to/proto/netstrings.txt): a decimal length, ":", that many bytes, ",".
// The reader takes the bytes in any segmentation and knows nothing of what is in them.

import { Buffer } from 'node:buffer';
import { recogniseForeignProtocol } from './foreign-protocol.ts';
import { ProtocolError } from './protocol-error.ts';
import { quote } from './quote.ts';

const DIGIT_0 = 0x30;
const COLON = 0x3a;
const COMMA = 0x2c;

/** Returns `payload` as a netstring; a copy. */
export function encodeNetstring(payload: Uint8Array): Buffer {
  const prefix = Buffer.from(`${payload.length}:`, 'latin1');
  return Buffer.concat([prefix, payload, Buffer.from(',')]);
}

/** Reads one netstring, the first thing on a connection. A payload that comes in one chunk is not copied. */
export class NetstringReader {
  readonly #maxPayloadBytes: number;
  #phase: 'length' | 'payload' | 'comma' = 'length';
  #digits = 0;
  #length = 0;
  /** Undefined until the length is known; then of full size if it has to be put together. */
  #payload: Buffer | undefined;
  #filled = 0;

  /** @param maxPayloadBytes - largest payload to accept, bytes */
  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** What the netstring holds, once `read` has found its end. */
  get payload(): Buffer | undefined {
    return this.#payload;
  }

  /** Distance of the payload from the first byte of the netstring, bytes. */
  get payloadOffset(): number {
    return this.#digits + 1;
  }

  /**
   * Takes the next bytes.
   *
   * @returns the index in `chunk` just behind the netstring, or -1 while its end has not come
   * @throws ProtocolError as soon as a wrong byte is seen; status hint 431 as soon as the length is
   *   above the limit, so nothing of such a payload is kept
   */
  read(chunk: Buffer): number {
    let at = 0;
    if (this.#phase === 'length') at = this.#readLength(chunk);
    if (this.#phase === 'payload') at = this.#readPayload(chunk, at);
    if (this.#phase !== 'comma' || at === chunk.length) return -1;
    const byte = chunk[at];
    if (byte !== COMMA) {
      throw new ProtocolError(`expected "," after the netstring, got ${quoteByte(byte)}`, {
        offset: this.payloadOffset + this.#length,
      });
    }
    return at + 1;
  }

  #readLength(chunk: Buffer): number {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      const digit = byte - DIGIT_0;
      if (digit >= 0 && digit <= 9) {
        this.#addDigit(digit);
      } else if (byte === COLON && this.#digits > 0) {
        if (this.#length === 0) throw this.#lengthError('the netstring is empty');
        this.#phase = 'payload';
        return at + 1;
      } else {
        // Only the first byte of the connection tells one protocol from another.
        const hint = this.#digits === 0 ? recogniseForeignProtocol(chunk.subarray(at)) : undefined;
        throw this.#lengthError(`expected a netstring length, got ${quoteByte(byte)}`, hint);
      }
    }
    return chunk.length;
  }

  #addDigit(digit: number): void {
    if (this.#digits > 0 && this.#length === 0) {
      throw this.#lengthError('the netstring length has a leading zero');
    }
    this.#length = this.#length * 10 + digit;
    if (this.#length > this.#maxPayloadBytes) {
      throw new ProtocolError(`the header block is longer than ${this.#maxPayloadBytes} bytes`, {
        offset: this.#digits,
        statusHint: 431,
      });
    }
    this.#digits += 1;
  }

  #lengthError(message: string, hint?: string): ProtocolError {
    return new ProtocolError(message, { offset: this.#digits, hint });
  }

  #readPayload(chunk: Buffer, from: number): number {
    const end = from + this.#length - this.#filled;
    if (this.#filled === 0 && end <= chunk.length) {
      this.#payload = chunk.subarray(from, end);
    } else if (from < chunk.length) {
      // Of full size at once: small pieces would keep the socket's big read buffers alive.
      this.#payload ??= Buffer.allocUnsafe(this.#length);
      this.#filled += chunk.copy(this.#payload, this.#filled, from, end);
      if (this.#filled < this.#length) return chunk.length;
    } else {
      return from;
    }
    this.#phase = 'comma';
    return end;
  }
}

function quoteByte(byte: number | undefined): string {
  return quote(String.fromCharCode(byte ?? 0));
}
