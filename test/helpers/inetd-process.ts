// Does what inetd does: starts `scgi-server inetd` for each connection, or for a listening socket.

import type { ChildProcess, StdioOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { onTestFailed, onTestFinished } from 'vitest';
import { createListener } from '../../src/posix/listeners.ts';
import type { PeerAddress } from './scgi-peer.ts';
import { BIN, cleanEnvironment, ROOT } from './start-server.ts';
import { waitFor } from './wait-for.ts';

export interface InetdOptions {
  /** Behind `inetd`. */
  args: readonly string[];
  env?: Record<string, string>;
  /** Standard error is the connection, too, as under inetd; else it is the log. */
  isBlind?: boolean;
}

export interface Inetd {
  address: PeerAddress;
  /** Those that were started. */
  processes: ChildProcess[];
  /** What they printed on standard error. */
  log(): string;
  /** Resolves when the n-th has ended, with its exit code or the signal's name. */
  ended(n?: number): Promise<number | string>;
}

/** `nowait`: a process for each connection. */
export async function inetdNowait(options: InetdOptions): Promise<Inetd> {
  const started = new Started(options);
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    started.start(socket);
    // The process has the connection now, and nobody else may keep it open.
    socket.destroy();
  });
  await listen(server);
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return started.at({ host: '127.0.0.1', port });
}

/** `wait`: a process for whatever comes, started at once. */
export function inetdWait(options: InetdOptions): Inetd {
  const { descriptor, address } = createListener(
    { kind: 'tcp', host: '127.0.0.1', port: 0 },
    { backlog: 100 },
  );
  onTestFinished(() => descriptor.close());
  const started = new Started(options);
  started.start(descriptor.fd);
  const { port } = address as { port: number };
  return started.at({ host: '127.0.0.1', port });
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
}

class Started {
  readonly #options: InetdOptions;
  readonly #processes: ChildProcess[] = [];
  readonly #ends: (number | string)[] = [];
  #log = '';

  constructor(options: InetdOptions) {
    this.#options = options;
    onTestFailed(() => console.error(this.#log));
    onTestFinished(() => {
      for (const child of this.#processes) child.kill('SIGKILL');
    });
  }

  start(socket: Socket | number): void {
    const { args, env, isBlind = false } = this.#options;
    const stdio: StdioOptions = [socket, socket, isBlind ? socket : 'pipe'];
    const child = spawn(process.execPath, [BIN, 'inetd', ...args], {
      stdio,
      cwd: ROOT,
      env: { ...cleanEnvironment(), ...env },
    });
    const n = this.#processes.push(child) - 1;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    child.once('close', (code, signal) => {
      this.#ends[n] = code ?? signal ?? 'unknown';
    });
  }

  at(address: PeerAddress): Inetd {
    return {
      address,
      processes: this.#processes,
      log: () => this.#log,
      ended: async (n = 0) => {
        await waitFor(`the end of process ${n}`, () => this.#ends[n] !== undefined);
        return this.#ends[n] ?? 'unknown';
      },
    };
  }
}
