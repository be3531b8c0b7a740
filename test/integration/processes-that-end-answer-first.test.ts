// A handler or a library ends the process: what was not answered still gets its 500.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { LaunchedServer, LogRecord } from '../helpers/start-server.ts';
import { launchServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

let server: LaunchedServer;

beforeAll(async () => {
  server = await launchServer({
    handler: 'kitchen.mjs',
    args: ['--max-workers', '1', '--concurrency', '3'],
    expectErrors: /process\.exit\(\d+\) was called|exited with code/,
  });
});

afterAll(() => server.finish());

/** What the log says of it, once it does; each test has a code of its own. */
const told = (code: number): Promise<LogRecord> =>
  server.logged(new RegExp(`^process\\.exit\\(${code}\\) was called`));

it('answers 500 and names the request, and where the process was ended', async () => {
  const { status, headers, body } = await request(server.address(), { path: '/exit?code=41' });
  expect(status).toBe(500);
  expect(headers.get('content-length')).toEqual([`${body.length}`]);
  const line = await told(41);
  expect(line).toMatchObject({ level: 'error', request: expect.any(String) });
  expect(line.msg).toBe(
    'process.exit(41) was called while serving GET /exit?code=41: this worker exits',
  );
  const { stack } = line['err'] as { stack: string };
  expect(stack.split('\n')[1]).toMatch(/kitchen\.mjs:\d+/);
  await server.logged(/exited with code 41 after .*, while serving GET \/exit\?code=41 for/);
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
});

it('answers all that it had begun, and cuts what was half sent', async () => {
  const others = [1, 2].map((n) => {
    return request(server.address(), { path: `/hold?ms=60000&token=${n}` });
  });
  for (const token of ['1', '2']) {
    await waitFor('the request', () =>
      server.log.some((line) => line.msg === 'holding' && line['token'] === token),
    );
  }
  expect((await request(server.address(), { path: '/exit?code=42' })).status).toBe(500);
  expect((await Promise.all(others)).map(({ status }) => status)).toEqual([500, 500]);
  expect((await told(42)).msg).toMatch(/GET \/hold\?ms=60000&token=1.*, GET \/exit\?code=42: /);

  const query = { REQUEST_URI: '/stream', QUERY_STRING: 'pieces=1000&ms=20' };
  const half = rawExchange(server.address(), encodeScgi({ REQUEST_METHOD: 'GET', ...query }));
  await request(server.address(), { path: '/sleep?ms=200' });
  expect((await request(server.address(), { path: '/exit?code=43' })).status).toBe(500);
  const { bytes, ended } = await half;
  expect(bytes.toString()).toContain('piece 0');
  expect(ended).toBe('reset');
});

it('answers an upload that it has not read', async () => {
  const body = Buffer.alloc(4 * 1024 * 1024, 'x');
  const answer = await request(server.address(), { method: 'POST', path: '/exit?code=44', body });
  expect(answer.status).toBe(500);
});
