// A backlog that is larger than what the dispatch loop takes from it at once.

import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { boardBytes } from '../../src/dispatch/native/board-layout.ts';
import { DispatchLoop } from '../../src/dispatch/native/dispatch-loop.ts';
import { closeFd } from '../../src/posix/descriptor.ts';
import { createListener } from '../../src/posix/listeners.ts';
import { createEvent } from '../../src/posix/process.ts';
import { createSharedMemory } from '../../src/posix/shared-memory.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const COUNT = 300;
const LIMIT_MS = 1_000;

it('is refused as a whole when its time is over', async () => {
  const path = `${tempDir()}/s`;
  const { descriptor } = createListener({ kind: 'unix', path }, { backlog: 511 });
  /** When the wait of each refused one had begun. */
  const since: number[] = [];
  const times = { queueTimeout: LIMIT_MS, bootTimeout: LIMIT_MS, requestTimeout: undefined };
  const loop = new DispatchLoop(
    {
      listeners: [{ subject: descriptor.subject, fd: descriptor.release(), inherited: false }],
      event: createEvent('the event').fd,
      board: { fd: createSharedMemory('board', boardBytes(1)).fd, slots: 1 },
      concurrency: 1,
      headerTimeout: 5_000,
      ...times,
    },
    (report) => {
      if (report.type !== 'refused') return;
      since.push(performance.now() - (report.late?.waitedMs ?? 0));
      closeFd(report.fd);
    },
  );
  onTestFinished(() => loop.obey({ type: 'close' }));
  let connected = 0;
  for (let i = 0; i < COUNT; i++) {
    const socket = connect({ path }, () => connected++).on('error', () => {});
    onTestFinished(() => void socket.destroy());
  }
  await waitFor('the connections', () => connected === COUNT);
  await waitFor('the refusals', () => {
    loop.turn(50);
    return since.length === COUNT;
  });
  expect(Math.max(...since) - Math.min(...since)).toBeLessThan(LIMIT_MS / 2);
});
