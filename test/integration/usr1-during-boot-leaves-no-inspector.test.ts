import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { BIN, ROOT } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const WORKER = [
  path.join(ROOT, 'dist/worker/entry.cjs'),
  '{"slot":0,"concurrency":1,"logLevel":"info","allowHost":[],"logMask":[],"intake":{"type":"portable"}}',
];

/** Local ports on which the process listens, from /proc. */
function listeningPorts(pid: number): number[] {
  const inodes = fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      // Closed since the folder was read.
      return [];
    }
  });
  return fs
    .readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && inodes.includes(inode ?? ''))
    .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16));
}

/** From the mask of caught signals (proc(5)): SIGUSR1 is number 10. */
function catchesUsr1(pid: number): boolean {
  const mask = /^SigCgt:\t([0-9a-f]+)$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (BigInt(`0x${mask ?? '0'}`) & (1n << 9n)) !== 0n;
}

it.each([
  ['worker', WORKER, /"type":"ready"/],
  [
    'master',
    [BIN, '--port', '0', '--min-workers', '0', '--spare-workers', '0'],
    /^info +listening on .*:\d+$/m,
  ],
])('closes what Node opens when SIGUSR1 comes while a %s boots', async (_who, args, ready) => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let heard = '';
  child.stderr?.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  child.on('message', (message) => (heard += JSON.stringify(message)));
  // Before Node catches the signal it would end the process, as it ends any.
  await waitFor('Node to catch SIGUSR1', () => catchesUsr1(child.pid ?? 0));
  await waitFor('the boot', () => {
    child.kill('SIGUSR1');
    return ready.test(heard);
  });
  const own = Number(/^info +listening on .*:(\d+)$/m.exec(heard)?.[1] ?? -1);
  await waitFor('the inspector to be closed', () =>
    listeningPorts(child.pid ?? 0).every((port) => port === own),
  );
  expect(child.exitCode ?? child.signalCode).toBeNull();
});
