// Starts a super-server for one test, and sees to it that nothing of it is left.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { freePort } from '../helpers/tcp-port.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { cleanEnvironment, HANDLERS, isAlive } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Place, SuperServer } from './super-servers.ts';
import { logFile } from './super-servers.ts';

export interface StartedSuperServer {
  address: PeerAddress;
  /** What its processes have printed. */
  log: () => string;
  /** Pids of those that live. */
  processes: () => number[];
}

/** @param handler - file in test/fixtures/handlers */
export async function startSuperServer(
  superServer: SuperServer,
  handler: string,
): Promise<StartedSuperServer> {
  const dir = tempDir();
  const place: Place = {
    dir,
    ports: [await freePort(), await freePort(), await freePort()],
    handler: path.join(HANDLERS, handler),
  };
  const [command = '', ...args] = superServer.prepare(place);
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Where a dying process leaves its core.
    cwd: dir,
    env: cleanEnvironment(),
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
  let end: string | undefined;
  child.once('error', ({ message }) => (end = message));
  child.once('exit', (code, signal) => (end = `exit code ${code}, signal ${signal}`));

  const log = (): string => printed + readIfThere(logFile(place));
  const processes = (): number[] =>
    superServer.becomesProcess === true && end === undefined
      ? [child.pid ?? -1]
      : childrenOf(child.pid ?? -1);
  let last = '';
  onTestFailed(() => console.error(`${superServer.name}:\n${last}`));
  onTestFinished(async () => {
    // Without it nobody knows whose they are.
    const left = processes();
    child.kill('SIGTERM');
    await waitFor(`the end of ${superServer.name}`, () => end !== undefined);
    for (const pid of left.filter(isAlive)) process.kill(pid, 'SIGKILL');
    await waitFor('the end of its processes', () => !left.some(isAlive));
    // The folder goes before a failure is told.
    last = log();
  });
  const address = superServer.address(place);
  await waitFor(`${superServer.name} to listen`, () => end !== undefined || isListening(address));
  if (end !== undefined) throw new Error(`${superServer.name} ended: ${end}\n${log()}`);
  return { address, log, processes };
}

/** Asked of the kernel: a connection would start a process. */
function isListening(address: PeerAddress): boolean {
  if ('path' in address) {
    // Its path is there before it listens, which its flags tell.
    const sockets = fs.readFileSync('/proc/net/unix', 'utf8').split('\n');
    return sockets.some((line) => / 00010000 /.test(line) && line.endsWith(` ${address.path}`));
  }
  const port = address.port.toString(16).toUpperCase().padStart(4, '0');
  return fs.readFileSync('/proc/net/tcp', 'utf8').includes(`0100007F:${port} 00000000:0000 0A`);
}

function childrenOf(parent: number): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readIfThere(`/proc/${pid}/status`).includes(`\nPPid:\t${parent}\n`))
    .map(Number)
    .filter(isAlive);
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    // It is not there yet, or no more.
    return '';
  }
}
