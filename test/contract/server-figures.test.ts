// What is told of a native dispatcher with a real worker, second by second.

import fs from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { WorkerHandle } from '../../src/master/worker-handle.ts';
import { ServerFigures } from '../../src/master/server-figures.ts';
import { Chronicle } from '../../src/ops/chronicle.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { setUp } from './native-rig.ts';

it('has samples with what was served, how busy workers were, and what waits in the kernel', async () => {
  const rig = setUp();
  const worker = new WorkerHandle(0, await rig.add(0));
  worker.apply('ready');
  const queues = rig.listeners.map(({ fd, subject }, i) => ({
    address: subject,
    isTcp: i === rig.listeners.length - 1,
    inode: fs.fstatSync(fd).ino,
    limit: 511,
  }));
  const { dispatcher } = rig;
  const workers = { all: [worker], size: 1 };
  const known = { dispatcher, workers, chronicle: new Chronicle(), queues };
  const figures = new ServerFigures({ ...known, concurrency: 1, isNative: true, isWatched: true });
  onTestFinished(() => figures.close());
  figures.start();
  await rig.hello();
  // The only worker is busy: what comes then stays in the kernel.
  const busy = rig.ask('work GET /long');
  await waitFor('the request', () => dispatcher.activity(0)?.current);
  const waiting = [rig.hello(), rig.hello()];
  const sample = await waitFor('a sample of it', () =>
    figures.samples().find(({ backlog, busy: share }) => backlog === 2 && share > 0.5),
  );
  expect(sample).toMatchObject({ workers: 1, p50: null });
  expect(figures.listeners().map(({ backlog }) => backlog)).toEqual([2, 0]);
  expect(figures.rates()?.busy).toBeGreaterThan(0);
  expect(figures.memory(worker.pid ?? -1)).toBeGreaterThan(10_000_000);
  worker.process.kill('SIGKILL');
  await new Promise((resolve) => worker.process.once('exit', resolve));
  await dispatcher.detach(0);
  await busy;
  expect(figures.totals().outcomes).toMatchObject({ answered: 1, killed: 1 });
  expect(figures.generations().map(({ outcomes }) => outcomes.killed)).toEqual([1]);
  dispatcher.close();
  await Promise.allSettled(waiting);
});
