// Bytes that JavaScript and C both use, at an address that is asked for once.

import { Buffer } from 'node:buffer';
import { loadPosix } from './libc.ts';

/**
 * Bytes with a fixed address, zeroed. An address can be counted up without making a `subarray` for
 * each call; it is a plain number, as no user-space address on x64 or arm64 is above 2^52.
 *
 * Whoever hands out the address must hold the object: the memory goes with it.
 */
export class NativeBuffer {
  readonly bytes: Buffer;
  readonly address: number;
  readonly size: number;

  constructor(size: number) {
    // Of an ArrayBuffer of its own: neither in a shared pool nor in V8's heap, where bytes move.
    this.bytes = Buffer.from(new ArrayBuffer(size));
    this.address = loadPosix().addressOf(this.bytes);
    this.size = size;
  }

  /** The same bytes as 32-bit words. */
  words(): Int32Array {
    return new Int32Array(this.bytes.buffer, this.bytes.byteOffset, this.size >> 2);
  }

  /** Writes the address of a byte of this buffer into it, as C would a pointer. */
  writePointer(offset: number, target: number): void {
    this.bytes.writeBigUInt64LE(BigInt(this.address + target), offset);
  }
}
