// Bodies that are too large to be held in memory, sent and taken by a peer that can wait.

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { encodeScgi } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';

const PIECE = Buffer.alloc(256 * 1024, 'x');
const PAUSE_MS = 200;

/** Sends a body of many zeros as fast as it is taken. */
export class Upload {
  #sent = 0;
  #answer = '';
  #isOver = false;

  constructor(address: PeerAddress, env: Record<string, string>, bytes: number) {
    const socket = connect(address);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {}).on('data', (chunk) => (this.#answer += chunk.toString()));
    socket.on('close', () => (this.#isOver = true));
    socket.write(encodeScgi({ REQUEST_METHOD: 'POST', ...env }, bytes));
    const sendOn = (): void => {
      const piece = PIECE.subarray(0, bytes - this.#sent);
      if (piece.length === 0 || socket.destroyed) return;
      socket.write(piece, () => {
        this.#sent += piece.length;
        sendOn();
      });
    };
    sendOn();
  }

  /** Resolves when nothing more is taken. @returns bytes taken */
  async stalled(): Promise<number> {
    let former = -1;
    await waitFor('the upload to stall', async () => {
      const stands = this.#sent > 0 && this.#sent === former;
      former = this.#sent;
      await delay(PAUSE_MS);
      return stands;
    });
    return former;
  }

  /** The whole answer. */
  async answer(): Promise<string> {
    await waitFor('the end of the upload', () => this.#isOver, 50_000);
    return this.#answer;
  }
}

/** Takes an answer that nobody keeps: nothing at first, all of it when asked. */
export class Download {
  readonly #socket;
  #received = 0;
  #head = Buffer.alloc(0);

  constructor(address: PeerAddress, path: string) {
    this.#socket = connect(address).on('error', () => {});
    onTestFinished(() => void this.#socket.destroy());
    const [, query = ''] = path.split('?');
    const env = { REQUEST_METHOD: 'GET', REQUEST_URI: path, QUERY_STRING: query };
    this.#socket.pause().write(encodeScgi(env));
  }

  /** Takes everything. @returns bytes of the body */
  async body(): Promise<number> {
    this.#socket.on('data', (chunk: Buffer) => {
      if (this.#received < 1024) this.#head = Buffer.concat([this.#head, chunk]);
      this.#received += chunk.length;
    });
    await once(this.#socket.resume(), 'end');
    return this.#received - this.#head.indexOf('\r\n\r\n') - '\r\n\r\n'.length;
  }
}
