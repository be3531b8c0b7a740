import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { LaunchedServer, LogRecord } from '../helpers/start-server.ts';
import { launchServer, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const CLIENTS = 10;
const ROUNDS = 3;
/** Length of a line that is cut, and into how many. */
const LONG = 9_000;
const LONG_PIECES = 2;
/** Of one request. */
const LINES = [
  'GET /print?key=***&token=TOKEN: answered',
  'TOKEN at once',
  'TOKEN in a timer',
  'TOKEN in an event of its input',
  'TOKEN in pieces: one, two',
  'TOKEN through its own log',
  'TOKEN through the log of start',
  'TOKEN to stderr',
  'TOKEN with a callback',
  'TOKEN without a line end',
];

let server: LaunchedServer;

beforeAll(async () => {
  const args = ['--max-workers', '1', '--concurrency', String(CLIENTS), '--access-log', 'all'];
  server = await launchServer({
    handler: 'prints.mjs',
    args: [...args, '--log-mask', 'key'],
    expectErrors: /uncaught|while serving|exited with code 70/,
  });
});
afterAll(() => server.finish());

const textOf = ({ msg }: LogRecord): string => msg;

it('marks each line of requests that run at once with the one that it belongs to', async () => {
  const tokens = Array.from({ length: CLIENTS * ROUNDS }, (_, n) => `t${n}.`);
  const ask = async (token: string): Promise<void> => {
    const head = encodeScgi(
      {
        REQUEST_METHOD: 'GET',
        REQUEST_URI: `/print?key=secret&token=${token}`,
        QUERY_STRING: `token=${token}`,
        PATH_INFO: '/print',
        HTTP_X_REQUEST_ID: `id-of-${token}`,
      },
      1,
    );
    // The handler waits for the body: it comes when others run.
    const pieces = [head, Buffer.from('b')];
    const answer = await rawExchange(server.address(), pieces, { pauseMs: 60 });
    expect(answer.bytes.toString()).toMatch(new RegExp(`\\r\\n\\r\\nid-of-${token}$`));
  };
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(tokens.slice(round * CLIENTS, (round + 1) * CLIENTS).map(ask));
  }
  const linesOf = (token: string): LogRecord[] =>
    server.log.filter((record) => record['request'] === `id-of-${token}`);
  // They come in three ways, and not in one order.
  await waitFor(
    'all lines',
    () => tokens.every((token) => linesOf(token).length >= LINES.length + LONG_PIECES),
    15_000,
  ).catch(() => {});
  for (const token of tokens) {
    const lines = linesOf(token);
    const short = lines.filter(({ msg }) => !msg.includes('xxx'));
    expect(short.map(textOf).toSorted()).toEqual(LINES.map((line) => line.replace('TOKEN', token)));
    const long = lines.filter(({ msg }) => msg.includes('xxx')).map(textOf);
    expect(long.join('').replaceAll('…', '')).toBe(`${token} ${'x'.repeat(LONG)}`);
  }
  expect(JSON.stringify(server.log)).not.toContain('secret');
});

it('marks no line that is printed outside of requests, or past this process', () => {
  const outside = server.log.filter(({ msg }) => /at start|background|past node/.test(msg));
  expect(new Set(outside.map(textOf)).size).toBeGreaterThan(3);
  expect(outside.filter(({ request: id }) => id !== undefined)).toEqual([]);
});

it('makes an id where none was sent, or none that is one', async () => {
  const env = { PATH_INFO: '/print', HTTP_X_REQUEST_ID: 'forged\nerror' };
  const answer = await request(server.address(), { path: '/print?token=made', env });
  const id = answer.body.toString();
  expect(id).toMatch(/^0-[0-9a-z]+-[0-9a-z]+$/);
  const line = await server.logged(/^made at once$/);
  expect(line['request']).toBe(id);
});

it('names the request whose handler brings down its worker, and what it has printed of a line', async () => {
  const env = { PATH_INFO: '/uncaught', HTTP_X_REQUEST_ID: 'the-culprit' };
  const answer = await request(server.address(), { path: '/uncaught?token=u', env });
  expect(answer.status).toBe(500);
  expect((await server.logged(/^uncaught exception/))['request']).toBe('the-culprit');
  expect((await server.logged(/^u in pieces: $/))['request']).toBe('the-culprit');
});

it('marks what a CGI program writes to its error output', async () => {
  const program = path.join(tempDir(), 'program');
  fs.writeFileSync(
    program,
    '#!/bin/sh\necho complaint >&2\necho "Content-Type: text/plain"\necho\n',
  );
  fs.chmodSync(program, 0o755);
  const cgi = await startServer({ cgi: [program] });
  await request(cgi.address(), { env: { HTTP_X_REQUEST_ID: 'from-the-front' } });
  expect((await cgi.logged(/complaint$/))['request']).toBe('from-the-front');
});
