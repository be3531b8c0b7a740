import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runRequest, type RequestOptions } from '../../../src/client/run-request.ts';
import type { ListenAddress } from '../../../src/config/listen-address.ts';
import { startResponder } from './responder.ts';

interface Run extends Partial<RequestOptions> {
  address: ListenAddress;
  stdin?: Readable;
}

async function run({ stdin = Readable.from([]), ...options }: Run) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const output = { stdout: text(stdout), stderr: text(stderr) };
  const defaults = { method: 'GET', target: '/', headers: [], env: [], include: false };
  const exitCode = await runRequest(
    { ...defaults, maxTimeMs: 2_000, ...options },
    { stdin, stdout, stderr },
  );
  stdout.end();
  stderr.end();
  return { exitCode, stdout: await output.stdout, stderr: await output.stderr };
}

/** Answers with what it was asked. */
function echo(): Promise<ListenAddress> {
  return startResponder(async ({ socket, env, readBody }) => {
    const body = String(await readBody());
    const type = 'Content-Type: text/plain\nX-A: 1\nX-A: 2\n';
    socket.end(
      `${type}\n${env['REQUEST_METHOD']} ${env['REQUEST_URI']} ${env['HTTP_X_B']} ${body}`,
    );
  });
}

function status(line: string): Promise<ListenAddress> {
  return startResponder(({ socket }) => socket.end(`Status: ${line}\r\nX: y\r\n\r\nbody`));
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'scgi-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('runRequest', () => {
  it('prints the body of the answer', async () => {
    const result = await run({ address: await echo(), target: '/a?b', headers: ['X-B: c'] });
    expect(result).toEqual({ exitCode: 0, stdout: 'GET /a?b c ', stderr: '' });
  });

  it('prints the head as well with --include', async () => {
    const { stdout } = await run({ address: await echo(), include: true });
    expect(stdout).toBe(
      'Status: 200 OK\r\nContent-Type: text/plain\r\nX-A: 1\r\nX-A: 2\r\n\r\nGET / undefined ',
    );
  });

  it('sends a body from the command line, from standard input and from a file', async () => {
    const file = join(await folder(), 'data');
    await writeFile(file, 'from a file\n');
    const address = await echo();
    const post = { address, method: 'POST' };
    const stdin = Readable.from([Buffer.from('from '), Buffer.from('stdin')]);
    expect(await run({ ...post, data: 'text' })).toMatchObject({ stdout: 'POST / undefined text' });
    expect(await run({ ...post, data: '@-', stdin })).toMatchObject({
      stdout: 'POST / undefined from stdin',
    });
    expect(await run({ ...post, data: `@${file}` })).toMatchObject({
      stdout: 'POST / undefined from a file\n',
    });
  });

  it('writes the answer to a file with --output', async () => {
    const output = join(await folder(), 'answer');
    const result = await run({ address: await echo(), output, include: true });
    expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await readFile(output, 'utf8')).toMatch(/^Status: 200 OK\r\n.*GET \/ undefined $/s);
  });

  it.each([
    ['200 OK', 0],
    ['302 Found', 0],
    ['400 Bad Request', 22],
    ['503 Service Unavailable', 22],
  ])('sums %s up as exit code %d', async (line, exitCode) => {
    expect(await run({ address: await status(line) })).toEqual({
      exitCode,
      stdout: 'body',
      stderr: '',
    });
  });

  it('exits with 69 and one line when nobody listens', async () => {
    const path = join(await folder(), 'none');
    const { exitCode, stderr } = await run({ address: { kind: 'unix', path } });
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(/^scgi-server: cannot connect to unix:.*there is no such socket.*\n$/);
  });

  it('exits with 75 when the answer, or standard input, takes longer than --max-time', async () => {
    const address = await startResponder(({ socket }) => socket.write('Status: 200 OK\r\n\r\n...'));
    const stderr = 'scgi-server: timed out: no complete answer within 50ms\n';
    expect(await run({ address, maxTimeMs: 50 })).toEqual({ exitCode: 75, stdout: '...', stderr });
    const stdin = new PassThrough();
    expect(await run({ address, maxTimeMs: 50, data: '@-', stdin })).toMatchObject({
      exitCode: 75,
      stderr,
    });
    expect(stdin.destroyed).toBe(true);
  });

  it('exits with 76 for an answer that is none, or was cut short', async () => {
    const none = await startResponder(({ socket }) => socket.end('HELLO\n\n'));
    expect(await run({ address: none })).toMatchObject({ exitCode: 76, stdout: '' });
    const cut = await startResponder(({ socket }) => socket.end('Content-Length: 9\n\nhello'));
    expect(await run({ address: cut })).toEqual({
      exitCode: 76,
      stdout: 'hello',
      stderr: 'scgi-server: the answer was cut short: 5 of 9 bytes of its body arrived\n',
    });
  });

  it.each([
    [{ headers: ['x'] }, /--header expects/],
    [{ data: '@/nowhere/at/all' }, /cannot read \/nowhere\/at\/all: ENOENT/],
    [{ data: '@/dev' }, /cannot read \/dev: it is not a regular file/],
    [{ output: '/nowhere/at/all' }, /cannot write \/nowhere\/at\/all: ENOENT/],
  ])('exits with 64 and one line for %j', async (options, message) => {
    const { exitCode, stderr } = await run({ address: await echo(), ...options });
    expect(exitCode).toBe(64);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
