// What the server says that it has served, at its end, against what its peers saw.

import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { runLoad } from '../helpers/load.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { LogRecord, RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const IS_PORTABLE = process.env['TEST_DISPATCH'] === 'portable';
/** Of the portable dispatcher, whose workers are busy with silent peers; more than wait at once. */
const POOL = ['--min-workers', '3', '--max-workers', '3', '--max-queue', '100'];

/** What the server has counted, as `outcome status: count`. */
function pairsIn(record: LogRecord): Record<string, number> {
  const pairs = record['pairs'] as { outcome: string; status: string; count: number }[];
  return Object.fromEntries(
    pairs.map(({ outcome, status, count }) => [`${outcome} ${status}`, count]),
  );
}

/** Sends a request and looks at nothing but the status; 'none' without one. */
async function statusOf(server: RunningServer, path: string): Promise<string> {
  const stamp = `t=${(Date.now() / 1_000).toFixed(3)}`;
  const env = { REQUEST_METHOD: 'GET', PATH_INFO: path, HTTP_X_REQUEST_START: stamp };
  const bytes = encodeScgi(env);
  const answer = await rawExchange(server.address(), bytes);
  return /^Status: (\d)/.exec(answer.bytes.toString('latin1'))?.[1] ?? 'none';
}

/** Begins a request that takes its time. @returns its answer, and the process that serves it */
async function hold(
  server: RunningServer,
  path: string,
): Promise<{ answer: ReturnType<typeof rawExchange>; pid: number; hangUp: () => void }> {
  const token = `${path}-${performance.now()}`;
  const env = { REQUEST_METHOD: 'GET', PATH_INFO: path, QUERY_STRING: `ms=30000&token=${token}` };
  const socket = connect({ ...server.address(), allowHalfOpen: true });
  const pieces: Buffer[] = [];
  const answer = new Promise<Awaited<ReturnType<typeof rawExchange>>>((resolve) => {
    socket.on('data', (piece: Buffer) => pieces.push(piece)).on('error', () => {});
    socket.on('end', () => socket.end());
    socket.once('close', () => resolve({ bytes: Buffer.concat(pieces), ended: 'end' }));
  });
  socket.write(encodeScgi(env));
  const line = await waitFor('the request to be held', () =>
    server.log.find(({ msg, ...fields }) => msg === 'holding' && fields['token'] === token),
  );
  const ready = new RegExp(`^worker ${String(line['worker'])} \\(pid (\\d+)\\) is ready`);
  const boots = server.log.flatMap(({ msg }) => ready.exec(msg)?.[1] ?? []);
  return { answer, pid: Number(boots.at(-1)), hangUp: () => socket.destroy() };
}

/** Holds a request and ends its worker, so that nothing else dies with it. */
async function killOne(server: RunningServer): Promise<void> {
  const { answer, pid } = await hold(server, '/hold');
  process.kill(pid, 'SIGKILL');
  // The portable master has a copy of the connection, and answers 500 in the worker's place.
  expect((await answer).bytes.toString('latin1')).toMatch(/^(|Status: 500 [^]*)$/);
}

async function abortOne(server: RunningServer): Promise<void> {
  const { hangUp } = await hold(server, '/hold-until-aborted');
  hangUp();
}

/** Connects, says that much and no more, until the server ends it. */
async function saysOnly(server: RunningServer, text: string): Promise<string> {
  const { bytes } = await rawExchange(server.address(), Buffer.from(text));
  return bytes.toString('latin1');
}

async function connectsOnly(server: RunningServer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(server.address());
    socket.once('connect', () => socket.end());
    socket.once('close', () => resolve()).once('error', reject);
    socket.resume();
  });
}

it('counts every kind of outcome under its name, with aborted and killed requests', async () => {
  const server = await startServer({
    handler: 'kitchen.mjs',
    args: [...POOL, '--log-level', 'debug', '--header-timeout', '700ms', '--request-start'],
    expectErrors: /the handler failed|cannot be sent|is short|was killed by SIGKILL/,
  });
  const seen: Record<string, number> = {};
  const paths = ['/hello', '/404', '/hello', '/throw', '/redirect', '/no-head', '/hello', '/short'];
  const load = runLoad(
    async (n) => {
      const status = await statusOf(server, paths[n % paths.length] ?? '');
      seen[status] = (seen[status] ?? 0) + 1;
    },
    { clients: 4, goOn: (begun) => begun < 400 },
  );
  for (let i = 0; i < 3; i++) {
    await killOne(server);
    await abortOne(server);
  }
  expect((await load).failures).toEqual([]);
  expect(seen).toEqual({ 2: 200, 3: 50, 4: 50, 5: 100 });
  expect(await saysOnly(server, 'GET / HTTP/1.1\r\n\r\n')).toMatch(/^Status: 400/);
  expect(await saysOnly(server, '70:CONTENT_LENGTH')).toMatch(/^Status: 408/);
  expect(await saysOnly(server, '')).toBe('');
  await connectsOnly(server);
  const traced = await request(server.address(), { method: 'TRACE', path: '/hello' });
  expect(traced.status).toBe(405);
  // The last one is still running when the server is told to end at once.
  const { answer } = await hold(server, '/hold');
  server.process.kill('SIGINT');
  expect((await answer).bytes.toString('latin1')).toMatch(/^Status: 503/);
  expect(await server.ended()).toBe(0);

  const counted = await server.logged(/^counted$/);
  const silent = IS_PORTABLE ? { 'timed-out none': 1 } : {};
  expect(pairsIn(counted)).toEqual({
    'answered 2xx': 150,
    'answered 3xx': 50,
    'answered 4xx': 50,
    'handler-failed 5xx': 50,
    'response-invalid 5xx': 50,
    'response-short 2xx': 50,
    'refused 4xx': 1,
    'malformed 4xx': 1,
    'timed-out 4xx': 1,
    'aborted none': 3,
    'killed none': 3,
    'stopped 5xx': 1,
    'empty none': 1,
    ...silent,
  });
  expect(counted['refused']).toMatchObject({ queueTimeout: 0, silent: IS_PORTABLE ? 0 : 1 });
  // Those whose header block was complete, and that did not die.
  expect(counted['requests']).toEqual({ timed: 400 + 3 + 1 + 1, queued: 400 });
  expect(counted['ended']).toMatchObject({ crash: 3, stopped: 3 });
  const all = IS_PORTABLE ? 412 : 411;
  await server.logged(new RegExp(`^${all} connections served: 250 answered, `));
});
