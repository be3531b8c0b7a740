import path from 'node:path';
import { expect, it } from 'vitest';
import { parseCidr, toBlockList } from '../../src/config/cidr.ts';
import type * as Native from '../../src/dispatch/native/native-dispatcher.ts';
import { createListener } from '../../src/posix/listeners.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { describeActivity } from './activity-contract.ts';
import { spawnContractWorker } from './contract-worker.ts';
import type { CreateRig } from './dispatcher-rig.ts';
import { ask, setUp } from './dispatcher-rig.ts';
import { describeDispatcher } from './dispatcher-contract.ts';
import { setUp as setUpNative } from './native-rig.ts';
import { describeOverdue } from './overdue-contract.ts';
import { describeStuck } from './stuck-contract.ts';

// The compiled one: its thread needs no loader for TypeScript.
const compiled = new URL('../../dist/dispatch/native/native-dispatcher.js', import.meta.url);
const { NativeDispatcher } = (await import(compiled.href)) as typeof Native;

const createRig =
  (mode: { linger: number; selfService: boolean }): CreateRig =>
  (events, { concurrency = 1, allow, allowLocal, ...times }) => {
    const socketPath = path.join(tempDir(), 's');
    const tcp = createListener({ kind: 'tcp', host: '127.0.0.1', port: 0 }, { backlog: 511 });
    const unix = createListener({ kind: 'unix', path: socketPath }, { backlog: 511 });
    const listeners = [tcp, unix].map(({ descriptor, address }) => ({
      descriptor,
      inherited: false,
      isTcp: address.kind === 'tcp',
    }));
    const dispatcher = new NativeDispatcher(
      {
        ...mode,
        listeners,
        concurrency,
        queueTimeout: 30_000,
        bootTimeout: 30_000,
        requestTimeout: undefined,
        ...times,
        headerTimeout: 5_000,
        slots: 16,
        ...(allow && { allow: toBlockList(allow.map(parseCidr)) }),
        allowLocal,
      },
      events,
    );
    const { port } = tcp.address as { port: number };
    return Promise.resolve({
      dispatcher,
      addresses: { tcp: { host: '127.0.0.1', port }, unix: { path: socketPath } },
      spawn: spawnContractWorker(concurrency),
    });
  };

describeActivity('native', createRig({ linger: 2, selfService: true }));
describeOverdue('native', createRig({ linger: 2, selfService: true }));
describeStuck('native', createRig({ linger: 2, selfService: true }));
describeDispatcher('native', createRig({ linger: 2, selfService: true }));
describeDispatcher('native, without lingering,', createRig({ linger: 0, selfService: true }));
describeDispatcher('native, without self-service,', createRig({ linger: 0, selfService: false }));

it('shares no Unix socket with workers where it has to see who connects (rule 12)', async () => {
  const create = createRig({ linger: 1_000, selfService: true });
  const allowLocal = { uids: [process.geteuid!() + 1], gids: [] };
  const bench = await setUp(create, { allowLocal });
  await bench.add(0);
  expect(await ask(bench.addresses.tcp, 'hello')).toBe('0');
  // That worker lingers now, and would be quicker.
  expect(await ask(bench.addresses.unix, 'hello')).toBe('lost');
});

it('shows no request of a worker that is gone', async () => {
  const rig = setUpNative();
  const worker = await rig.add(0);
  const asked = rig.ask('stuck GET /stuck');
  await waitFor('its name', () => rig.dispatcher.activity(0)?.current);
  const gone = new Promise((resolve) => worker.once('exit', resolve));
  worker.kill('SIGKILL');
  await gone;
  expect(await rig.dispatcher.detach(0)).toMatchObject({ current: { uri: '/stuck' } });
  expect(rig.board().line(0).read().current).toBe(undefined);
  expect((await asked).length).toBe(0);
});
