import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inetdNowait } from '../helpers/inetd-process.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import { HANDLERS } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const KITCHEN = path.join(HANDLERS, 'kitchen.mjs');
const at = (route: string, query = '') => ({
  path: `${route}?${query}`,
  env: { PATH_INFO: route },
});

// Without addons no C function can be called: the connection is passed on to a second process.
describe.each([
  ['itself', {}],
  ['through a second process', { NODE_OPTIONS: '--no-addons' }],
])('a process for one connection, which serves it %s', (_title, env) => {
  const start = () => inetdNowait({ args: [KITCHEN], env, isBlind: true });

  it('answers, streams, and exits with 0', async () => {
    const inetd = await start();
    expect((await request(inetd.address, at('/hello'))).body.toString()).toBe('hello\n');
    expect(await inetd.ended()).toBe(0);
    const streamed = await request(inetd.address, at('/stream', 'pieces=3'));
    expect(streamed.body.toString()).toBe('piece 0\npiece 1\npiece 2\n');
    expect(streamed.headers.has('content-length')).toBe(false);
  });

  it('reads ten megabytes, and writes them back as they came', async () => {
    const inetd = await start();
    const body = randomBytes(10_000_000);
    const answer = await request(inetd.address, { ...at('/echo'), method: 'POST', body });
    expect(answer.body.equals(body)).toBe(true);
  });

  it('keeps what is printed out of the answer', async () => {
    const inetd = await start();
    const { raw } = await request(inetd.address, at('/print', 'lines=100'));
    expect(raw.toString()).toMatch(/^Status: 200 OK\r\n[^]*\r\n\r\nprinted\n$/);
  });

  it('answers 500 to a handler that throws, and cuts an answer that it has begun', async () => {
    const inetd = await start();
    expect((await request(inetd.address, at('/throw'))).status).toBe(500);
    expect((await request(inetd.address, at('/uncaught'))).status).toBe(500);
    expect(await inetd.ended(1)).toBe(70);
    const head = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/', PATH_INFO: '/throw-late' });
    const { bytes, ended } = await rawExchange(inetd.address, head);
    expect(ended).toBe('reset');
    expect(bytes.toString()).toContain('the first half');
  });

  it('ends with its connection, whatever the peer does', async () => {
    const inetd = await start();
    const silent = connect(inetd.address).on('error', () => {});
    await waitFor('the process', () => inetd.processes.length === 1);
    silent.destroy();
    expect(await inetd.ended()).toBe(0);
  });
});

describe('a process for one connection', () => {
  it('hangs on no longer than the limits of the command line', async () => {
    const args = ['--header-timeout', '100ms', '--max-header-size', '1k', '--max-body-size', '10'];
    const inetd = await inetdNowait({ args: [...args, KITCHEN] });
    const { bytes } = await rawExchange(inetd.address, Buffer.from('100:CONTENT_'));
    expect(bytes.toString()).toMatch(/^Status: 408 /);
    const long = { ...at('/hello'), env: { X: 'x'.repeat(2_000) } };
    expect((await request(inetd.address, long)).status).toBe(431);
    const large = { ...at('/echo'), method: 'POST', body: 'eleven byte' };
    expect((await request(inetd.address, large)).status).toBe(413);
    await inetd.ended(2);
    expect(inetd.log()).toContain('body above --max-body-size');
  });

  it('limits the silence of a body, and of a reader', async () => {
    const args = ['--body-timeout', '100ms', '--send-timeout', '100ms', KITCHEN];
    const inetd = await inetdNowait({ args });
    const post = { REQUEST_METHOD: 'POST', REQUEST_URI: '/', PATH_INFO: '/echo' };
    await rawExchange(inetd.address, encodeScgi(post, 10));
    await inetd.ended();
    expect(inetd.log()).toContain('--body-timeout');
    const get = { REQUEST_METHOD: 'GET', REQUEST_URI: '/', PATH_INFO: '/big' };
    const deaf = connect(inetd.address)
      .on('error', () => {})
      .pause();
    deaf.write(encodeScgi({ ...get, QUERY_STRING: 'bytes=100000000' }));
    await waitFor('the second process', () => inetd.processes.length === 2);
    expect(await inetd.ended(1)).toBe(0);
    expect(inetd.log()).toContain('--send-timeout');
    deaf.destroy();
  });

  it('ends with a request that takes too long, though its handler goes on', async () => {
    const args = ['--request-timeout', '100ms', '--graceful-timeout', '100ms'];
    const inetd = await inetdNowait({ args: [...args, path.join(HANDLERS, 'never-settles.mjs')] });
    expect((await request(inetd.address, { path: '/stuck' })).status).toBe(504);
    expect(await inetd.ended()).toBe(0);
    expect(inetd.log()).toContain(
      'GET /stuck goes on though its --request-timeout (100ms) is over',
    );
  });

  it('writes its log, and what is printed, to standard error where that is no connection', async () => {
    const inetd = await inetdNowait({ args: ['--access-log', 'all', KITCHEN] });
    await request(inetd.address, at('/print'));
    await inetd.ended();
    const [pid] = inetd.processes.map((child) => child.pid);
    expect(inetd.log()).toContain('printed to stdout 0\n');
    expect(inetd.log()).toContain('printed to stderr 0\n');
    expect(inetd.log()).toMatch(
      new RegExp(
        `^info  GET /print\\?: answered worker=${pid} request=${pid}-\\S+ status=200`,
        'm',
      ),
    );
  });

  it('finishes its request at TERM', async () => {
    const inetd = await inetdNowait({ args: [KITCHEN] });
    const socket = connect(inetd.address);
    const env = { PATH_INFO: '/stream', QUERY_STRING: 'pieces=5&ms=50' };
    socket.write(encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/', ...env }));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    await waitFor('the first piece', () => answer.includes('piece 0'));
    inetd.processes[0]?.kill('SIGTERM');
    expect(await inetd.ended()).toBe(0);
    await waitFor('the end', () => socket.readableEnded);
    expect(answer).toContain('piece 4');
  });

  it('answers 503 at INT', async () => {
    const inetd = await inetdNowait({ args: [KITCHEN] });
    const answer = request(inetd.address, at('/signal'));
    await waitFor('the handler', () => inetd.log().includes('waiting for the signal'));
    inetd.processes[0]?.kill('SIGINT');
    expect((await answer).status).toBe(503);
    expect(await inetd.ended()).toBe(0);
    expect(inetd.log()).toContain('code=ERR_SCGI_STOPPING');
  });

  it('runs start and stop of its handler', async () => {
    const dir = tempDir();
    const handler = path.join(dir, 'handler.ts');
    fs.writeFileSync(
      handler,
      `let started: string = 'not started';
      export const start = () => { started = 'started'; };
      export const stop = (reason: string) => console.log('stopped: ' + reason);
      export const produce = (env: object, bodySize: number, input: unknown, output: any) =>
        output.end('Content-Type: text/plain\\n\\n' + started);`,
    );
    const inetd = await inetdNowait({ args: [handler] });
    expect((await request(inetd.address)).body.toString()).toBe('started');
    expect(await inetd.ended()).toBe(0);
    expect(inetd.log()).toBe('stopped: its connection is served\n');
  });

  it('loads of Node what its handler needs, and nothing to start programs with', async () => {
    const handler = path.join(tempDir(), 'handler.mjs');
    fs.writeFileSync(
      handler,
      `export const produce = (env, bodySize, input, output) =>
        output.end('Content-Type: text/plain\\n\\n' + process.moduleLoadList.join('\\n'));`,
    );
    const inetd = await inetdNowait({ args: [handler] });
    const loaded = (await request(inetd.address)).body.toString().split('\n');
    expect(loaded).toContain('NativeModule net');
    expect(loaded).not.toContain('NativeModule child_process');
    expect(loaded).not.toContain('NativeModule _http_server');
    expect(loaded).not.toContain('NativeModule internal/deps/undici/undici');
  });

  it('answers with the demo when no handler is named', async () => {
    const inetd = await inetdNowait({ args: [] });
    expect((await request(inetd.address)).body.toString()).toContain('REQUEST_METHOD: GET');
  });
});
