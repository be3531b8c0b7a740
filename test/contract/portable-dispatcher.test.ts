import {
  createServer,
  type AddressInfo,
  type ListenOptions,
  type Server,
  type Socket,
} from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseCidr, toBlockList } from '../../src/config/cidr.ts';
import type { DispatchNotice } from '../../src/dispatch/dispatcher.ts';
import { localStrangerAt } from '../../src/dispatch/native/stranger.ts';
import { PortableDispatcher } from '../../src/dispatch/portable/portable-dispatcher.ts';
import { rawExchange } from '../helpers/scgi-peer.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { describeActivity } from './activity-contract.ts';
import { spawnContractWorker } from './contract-worker.ts';
import type { CreateRig } from './dispatcher-rig.ts';
import { describeDispatcher } from './dispatcher-contract.ts';
import { describeOverdue } from './overdue-contract.ts';
import { describeStuck } from './stuck-contract.ts';

function listen(where: ListenOptions): Promise<Server> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  onTestFinished(() => void server.close());
  return new Promise((resolve) => {
    server.listen(where, () => resolve(server));
  });
}

const createRig: CreateRig = async (events, options) => {
  const { concurrency = 1, maxQueue = 100, queueTimeout = 30_000, allow, allowLocal } = options;
  const { bootTimeout = 30_000, requestTimeout } = options;
  const socketPath = path.join(tempDir(), 's');
  const tcp = await listen({ host: '127.0.0.1', port: 0 });
  const unix = await listen({ path: socketPath });
  const listeners = [tcp, unix].map((server) => ({
    server,
    isTcp: server === tcp,
    inherited: false,
    takeConnections: (accept: (socket: Socket) => void) => void server.on('connection', accept),
  }));
  const dispatcher = new PortableDispatcher(
    {
      listeners,
      concurrency,
      maxQueue,
      queueTimeout,
      bootTimeout,
      requestTimeout,
      ...(allow && { allow: toBlockList(allow.map(parseCidr)) }),
      ...(allowLocal && { localStrangerAt: (fd: number) => localStrangerAt(fd, allowLocal) }),
    },
    events,
  );
  return {
    dispatcher,
    addresses: {
      tcp: { host: '127.0.0.1', port: (tcp.address() as AddressInfo).port },
      unix: { path: socketPath },
    },
    spawn: spawnContractWorker(concurrency),
  };
};

describeActivity('portable', createRig);
describeOverdue('portable', createRig);
describeStuck('portable', createRig);
describeDispatcher('portable', createRig);

const nothing = (): void => {};

it('answers 503 at once when its queue is full', async () => {
  const notices: DispatchNotice[] = [];
  const events = {
    demand: () => {},
    changed: () => {},
    stuck: () => {},
    overdue: () => {},
    notice: (notice: DispatchNotice) => notices.push(notice),
  };
  const { dispatcher, addresses } = await createRig(events, { maxQueue: 1 });
  onTestFinished(() => dispatcher.close());
  dispatcher.start();
  const first = rawExchange(addresses.unix, Buffer.from('hello\n'));
  await waitFor('the first', () => dispatcher.waiting === 1);
  const { bytes } = await rawExchange(addresses.unix, Buffer.from('hello\n'));
  expect(bytes.toString()).toMatch(/^Status: 503 /);
  expect(notices).toEqual([{ type: 'queue-full', limit: 1 }]);
  dispatcher.refuseWaiting();
  await first;
  expect(dispatcher.counts().refused).toMatchObject({ queueFull: 1, stopping: 1 });
});

it('lets nothing wait with an empty queue allowed, and serves while a worker is idle', async () => {
  const silent = { demand: nothing, changed: nothing, stuck: nothing, notice: nothing };
  const events = { ...silent, overdue: nothing };
  const rig = await createRig(events, { maxQueue: 0 });
  const { dispatcher, addresses } = rig;
  onTestFinished(() => dispatcher.close());
  dispatcher.start();
  expect((await rawExchange(addresses.unix, Buffer.from('hello\n'))).bytes.toString()).toMatch(
    /^Status: 503 /,
  );
  const worker = rig.spawn(0, undefined, dispatcher.prepare(0));
  onTestFinished(() => void worker.kill('SIGKILL'));
  dispatcher.attach(0, worker);
  await new Promise((resolve) =>
    worker.on('message', ({ type }: { type: string }) => type === 'ready' && resolve(type)),
  );
  expect((await rawExchange(addresses.unix, Buffer.from('hello\n'))).bytes.toString()).toBe('0');
});
