// A worker that is killed while it serves: the line of its death says which request, and for how long.

import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { LogRecord, RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';

/** So that the age in the line is not 0.0; nothing is waited for. */
const AGE_MS = 300;

interface Death {
  line: LogRecord;
  /** The least and the most that the request can have run, seconds. */
  least: number;
  most: number;
}

/** Kills the worker while it serves a request of that URI. */
async function killWhileServing(
  server: RunningServer,
  { dispatch, uri }: { dispatch: string; uri: string },
): Promise<Death> {
  const before = performance.now();
  const bytes = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: uri, QUERY_STRING: '' });
  const answer = rawExchange(server.address(), bytes, { timeoutMs: 60_000 });
  // The worker tells the master of its request before it calls the handler, which logs this.
  const begun = await server.logged(/^the report is begun$/);
  const seen = performance.now();
  await delay(AGE_MS);
  const least = (performance.now() - seen) / 1_000;
  process.kill(Number(begun['pid']), 'SIGKILL');
  const line = await server.logged(/was killed by SIGKILL/);
  const most = (performance.now() - before) / 1_000;
  const { bytes: answered } = await answer;
  // The portable master has a copy of the connection, and knows that nothing has left on it.
  if (dispatch === 'portable') expect(answered.toString()).toMatch(/^Status: 500 [^]*\n$/);
  else expect(answered.length).toBe(0);
  return { line, least, most };
}

/** One worker, which serves with the access log that says most. */
function start(dispatch: string): Promise<RunningServer> {
  return startServer({
    handler: 'report.mjs',
    args: ['--dispatch', dispatch, '--max-workers', '1', '--access-log', 'all'],
    expectErrors: /was killed by SIGKILL/,
  });
}

it.each([
  ['native', 'waits', '/report'],
  ['native', 'blocks its worker', '/report?block'],
  ['portable', 'waits', '/report'],
  ['portable', 'blocks its worker', '/report?block'],
])('names it under the %s dispatcher when the handler %s', async (dispatch, _what, uri) => {
  const server = await start(dispatch);
  const { line, least, most } = await killWhileServing(server, { dispatch, uri });
  const [, shown, age] =
    /, while serving (.*) for (\d+\.\d) s \(request [\w-]+\), 0 requests served$/.exec(line.msg) ??
    [];
  expect(line).toMatchObject({ level: 'error' });
  expect(shown).toBe(`GET ${uri}`);
  // It is rounded to a tenth.
  expect(Number(age)).toBeGreaterThan(least - 0.06);
  expect(Number(age)).toBeLessThan(most + 0.06);
});

it.each(['native', 'portable'])(
  'tells of a request no more than the access log, under the %s dispatcher',
  async (dispatch) => {
    const server = await start(dispatch);
    const uri = `/report?token=secret\xff\n${'x'.repeat(300)}`;
    const { line } = await killWhileServing(server, { dispatch, uri });
    await request(server.address(), { path: `${uri}&done` });
    const { msg: access } = await server.logged(/: answered$/);
    const shown = / while serving (.*)\.\.\. for /s.exec(line.msg)?.[1] ?? 'nothing';
    expect(shown).toMatch(/^GET \/report\?token=secret\xff\nx+$/);
    expect(access.startsWith(shown)).toBe(true);
    expect(shown.length).toBeLessThan(access.length);
  },
);
