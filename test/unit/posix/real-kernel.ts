// What all tests of posix/ share: they call the real kernel, and must leave no descriptor open.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { Descriptor } from '../../../src/posix/descriptor.ts';
import { posixUnavailable } from '../../../src/posix/libc.ts';
import type { BoundListener } from '../../../src/posix/listeners.ts';
import { createListener } from '../../../src/posix/listeners.ts';
import { accept, pollReadable } from '../../../src/posix/sockets.ts';
import { createPair } from '../../../src/posix/channel.ts';
import { waitFor } from '../../helpers/wait-for.ts';

/** Runs where C functions can be called. On Linux x64 and arm64 in CI they have to be; elsewhere the reason is shown. */
export function describeKernel(name: string, tests: () => void): void {
  const reason = posixUnavailable();
  const isPromised = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
  const isSkipped = reason !== undefined && !(isPromised && process.env['CI'] !== undefined);
  if (isSkipped) console.warn(`SKIPPED ${name}: ${reason}`);
  describe.skipIf(isSkipped)(`${name}${isSkipped ? ` (skipped: ${reason})` : ''}`, () => {
    beforeAll(() => expect(reason).toBeUndefined());
    leavesNothingOpen();
    tests();
  });
}

/** What this process has open, by number. */
export function openDescriptors(): Map<number, string> {
  const open = new Map<number, string>();
  for (const name of fs.readdirSync('/proc/self/fd')) {
    try {
      open.set(Number(name), fs.readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      // The descriptor of the listing itself.
    }
  }
  return open;
}

function leavesNothingOpen(): void {
  let before = new Map<number, string>();
  beforeAll(() => {
    before = openDescriptors();
  });
  afterAll(async () => {
    const added = () =>
      [...openDescriptors()].filter(([fd, target]) => before.get(fd) !== target && target !== '');
    await waitFor('all descriptors to be closed', () => added().length === 0, 3_000).catch(() => {
      expect(added()).toEqual([]);
    });
    expect(openDescriptors().size).toBeLessThanOrEqual(before.size);
  });
}

/** Closes a descriptor, if it is still open, when the test is over. */
export function owned(descriptor: Descriptor): Descriptor {
  onTestFinished(() => {
    if (descriptor.isOpen) descriptor.close();
  });
  return descriptor;
}

/** A connected pair of stream sockets, closed when the test is over. */
export function streamPair(): [Descriptor, Descriptor] {
  const [a, b] = createPair(1, 'a test connection');
  return [owned(a), owned(b)];
}

/** A listener on a free port of the loopback interface. */
export function tcpListener(host: string = '127.0.0.1', backlog: number = 16): BoundListener {
  const listener = createListener({ kind: 'tcp', host, port: 0 }, { backlog });
  owned(listener.descriptor);
  return listener;
}

/** Accepts what is about to connect. */
export function acceptNext(listener: BoundListener): Descriptor {
  expect(pollReadable(listener.descriptor.fd, 2_000)).toBe(true);
  const fd = accept(listener.descriptor);
  expect(fd).toBeGreaterThanOrEqual(0);
  return owned(new Descriptor(fd, 'an accepted connection'));
}

/** A process that runs a part of `child.ts` and reports in lines of JSON. */
export interface Child {
  process: ChildProcess;
  /** The next report. */
  report(): Promise<unknown>;
  exited: Promise<unknown>;
}

/** @param inherited - become the child's descriptors 3, 4, … */
export function startChild(part: string, inherited: readonly number[], prefix: string = ''): Child {
  const command = `${prefix} exec "$0" --import tsx test/unit/posix/child.ts ${part} ${process.pid}`;
  const child = spawn('/bin/sh', ['-c', command, process.execPath], {
    stdio: ['ignore', 'pipe', 'inherit', ...inherited],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = new Promise((resolve) => {
    child.once('close', resolve);
  });
  const reports: unknown[] = [];
  createInterface(child.stdout!).on('line', (line) => reports.push(JSON.parse(line)));
  const report = async () => {
    await waitFor(`a report of ${part}`, () => reports.length > 0, 15_000);
    return reports.shift();
  };
  return { process: child, report, exited };
}

/** Whether a number is open in this process. */
export function isOpen(fd: number): boolean {
  return fs.existsSync(`/proc/self/fd/${fd}`) || openDescriptors().has(fd);
}
