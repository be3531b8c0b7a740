// Handlers that block their worker, so that it can do nothing about its own limits: the master answers in its
// place, and kills it.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PeerAnswer } from '../helpers/scgi-peer.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { LaunchedServer } from '../helpers/start-server.ts';
import { isAlive, launchServer, startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const BLOCKING = ['/loop', '/spawns', '/waits'];
const WORKERS = 6;
/** Generous: on a quiet machine it takes a second. */
const ANSWERED_WITHIN_MS = 20_000;

let server: LaunchedServer;

const ask = (path: string, method = 'GET'): Promise<PeerAnswer> =>
  request(server.address(), { path, method, timeoutMs: ANSWERED_WITHIN_MS });

beforeAll(async () => {
  const size = ['--max-workers', `${WORKERS}`, '--min-workers', `${WORKERS}`];
  server = await launchServer({
    handler: 'stuck.mjs',
    args: [...size, '--request-timeout', '500ms'],
    expectErrors: /does not respond|was killed by SIGKILL/,
  });
  for (let slot = 0; slot < WORKERS; slot++) {
    await server.logged(new RegExp(`^worker ${slot} .* is ready`), ANSWERED_WITHIN_MS);
  }
});

afterAll(() => server.finish());

it('answers 504 for them, serves others meanwhile, and replaces them', async () => {
  const before = server.workers();
  const asked = BLOCKING.map((path) => ask(path));
  const half = rawExchange(
    server.address(),
    encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/half-and-loop' }),
    { timeoutMs: 60_000 },
  );
  for (const path of [...BLOCKING, '/half-and-loop']) {
    await server.logged(new RegExp(`^begins ${path}$`), ANSWERED_WITHIN_MS);
  }
  expect((await ask('/')).body.toString()).toBe('hello');
  const answers = await Promise.all(asked);
  expect(answers.map(({ status }) => status)).toEqual([504, 504, 504]);
  for (const { headers, body } of answers) {
    expect(headers.get('content-length')).toEqual([`${body.length}`]);
  }
  expect((await ask('/')).body.toString()).toBe('hello');

  for (const path of BLOCKING) {
    const name = `GET ${path}: it took longer than --request-timeout \\(500ms\\), \\d+\\.\\d s so far`;
    const line = await server.logged(
      new RegExp(
        `^${name}, and worker \\d \\(pid \\d+\\) does not respond: the master has answered 504$`,
      ),
    );
    const id = expect.any(String) as string;
    expect(line).toMatchObject({ level: 'warn', status: 504, request: id });
    const pid = Number(/pid (\d+)/.exec(line.msg)?.[1]);
    await server.logged(new RegExp(`\\(pid ${pid}\\) does not respond, 5 s after .*: killed`));
    const death = await server.logged(new RegExp(`\\(pid ${pid}\\) was killed by SIGKILL`));
    expect(death.msg).toContain(`while serving GET ${path} for `);
    expect(isAlive(pid)).toBe(false);
  }
  // Its answer was begun: nobody can take it for a whole one.
  const { bytes, ended } = await half;
  expect(bytes.toString()).toMatch(/half$/);
  expect(ended).toBe('reset');
  await waitFor('the replacements', () => server.workers().length === WORKERS);
  expect(server.workers().filter((pid) => before.includes(pid))).toHaveLength(WORKERS - 4);
});

it('answers a request once, and leaves a worker that comes back alone', async () => {
  const before = server.workers();
  const bytes = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/comes-back' });
  const answer = await rawExchange(server.address(), bytes, { timeoutMs: ANSWERED_WITHIN_MS });
  expect(answer.bytes.toString()).toMatch(/^Status: 504 [^]*\n$/);
  expect(answer.bytes.toString()).not.toContain('too late');
  const line = await server.logged(/^worker \d responds again$/, ANSWERED_WITHIN_MS);
  expect(line.level).toBe('info');
  expect((await ask('/')).status).toBe(200);
  expect(server.workers()).toEqual(before);
});

it.each([
  ['/loop', /^Status: 50[03] [^]*\n$/, 'end'],
  ['/half-and-loop', /half$/, 'reset'],
])('answers for one that has to leave and does not: %s', async (path, bytes, ended) => {
  const leaving = await startServer({
    handler: 'stuck.mjs',
    args: ['--max-workers', '1', '--graceful-timeout', '100ms'],
    expectErrors: /did not finish within|was killed by SIGKILL/,
  });
  const bytesToSend = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: path });
  const asked = rawExchange(leaving.address(), bytesToSend, { timeoutMs: ANSWERED_WITHIN_MS });
  await leaving.logged(new RegExp(`^begins ${path}$`));
  leaving.process.kill('SIGTERM');
  const answer = await asked;
  expect([answer.bytes.toString(), answer.ended]).toEqual([expect.stringMatching(bytes), ended]);
  expect(await leaving.ended()).toBe(0);
});
