// The bodies of old CGI programs: run by node as they always were, and moved over unchanged.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromCgilike } from '../../src/gateway/from-cgilike.ts';
import type { ProduceCgilike } from '../../src/gateway/handler.ts';
import { request } from '../helpers/scgi-peer.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import type { ServedBy } from './connection-parts.ts';
import { lastOutcome } from './connection-parts.ts';
import { overDescriptors, overStreams } from './serve-in-process.ts';

const unix = () => ({ kind: 'unix', path: path.join(tempDir(), 's') }) as const;

const PROGRAMS: Record<string, string> = {
  'prints with console.log': `
    console.log('Content-Type: text/plain; charset=utf-8');
    console.log('');
    console.log('%s asked for %j', process.env.REMOTE_USER, process.env.PATH_INFO);
  `,
  'takes standard input by its events': `
    let body = '';
    process.stdin.setEncoding('utf8');
    process.stdin.on('data', (text) => { body += text; });
    process.stdin.on('end', () => {
      process.stdout.write('Status: 201 Created\\nContent-Type: text/plain\\n\\n');
      process.stdout.write(body.toUpperCase());
    });
  `,
  'takes standard input when it is readable': `
    const { env, stdin, stdout } = process;
    const pieces = [];
    stdout.write('Content-Type: text/plain\\n\\n');
    stdin.on('readable', () => {
      for (let piece = stdin.read(); piece !== null; piece = stdin.read()) pieces.push(piece);
    });
    stdin.on('end', () => stdout.write(Buffer.concat(pieces).length + ' of ' + env.CONTENT_LENGTH));
  `,
  pipes: `
    process.stdout.write('Content-Type: text/plain\\n\\n');
    process.stdin.pipe(process.stdout, { end: false });
  `,
  'redirects, and leaves its input': `
    process.stdout.write('Location: http://example.com/\\n\\n');
  `,
  'asks whether it is run by a web server': `
    const isCgi = process.env.GATEWAY_INTERFACE !== undefined;
    process.stdout.write('Content-Type: text/plain\\n\\n' + isCgi + process.argv.length);
  `,
};

const ENV = { GATEWAY_INTERFACE: 'CGI/1.1', REMOTE_USER: 'andr\u00e9', PATH_INFO: '/caf\u00e9' };
const BODY = 'the body, \u00fcber\n'.repeat(10_000);

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

/** What the program writes when a web server starts it. */
function run(source: string): string {
  const env = { ...process.env, ...ENV, CONTENT_LENGTH: String(Buffer.byteLength(BODY)) };
  const { stdout } = spawnSync(process.execPath, ['-e', source, 'script'], { env, input: BODY });
  return stdout.toString();
}

function moved(source: string): ProduceCgilike {
  // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- as a file would be loaded
  const body = new Function('process', 'console', source) as (cgi: unknown, con: unknown) => void;
  return (cgi) => body(cgi, cgi.console);
}

describe.each([
  ['the direct path', overDescriptors(unix)],
  ['the stream path', overStreams(unix)],
])('an old CGI program on %s', (_path, serve) => {
  const serveProgram = (program: ProduceCgilike): Promise<ServedBy> =>
    serve(fromCgilike(program, '/srv/script.js'));

  it.each(Object.entries(PROGRAMS))(
    'that %s writes what it always wrote',
    async (_what, source) => {
      const { address } = await serveProgram(moved(source));
      const { REMOTE_USER, PATH_INFO } = ENV;
      // nginx says nothing of the interface.
      const env = { REMOTE_USER: latin1(REMOTE_USER), PATH_INFO: latin1(PATH_INFO) };
      const { raw, body } = await request(address, { method: 'POST', env, body: BODY });
      const [, expected = ''] = run(source).split('\n\n');
      expect(body.toString()).toBe(expected);
      expect(raw.toString()).toMatch(/^Status: (200 OK|201 Created|302 Found)\r\n/);
    },
  );

  it('finds itself in its arguments, and writes its errors to the log', async () => {
    const { address } = await serveProgram(({ argv, stdout, stderr }) => {
      stdout.write(`Content-Type: text/plain\n\n${argv.join()} ${stderr === process.stderr}`);
    });
    const { body } = await request(address);
    expect(body.toString()).toBe(`${process.execPath},/srv/script.js true`);
  });

  it('may be asynchronous, and fail', async () => {
    const served = await serveProgram(async ({ stdin }) => {
      for await (const piece of stdin) if (piece !== null) break;
      throw new RangeError('no more');
    });
    expect((await request(served.address, { method: 'POST', body: 'x' })).status).toBe(500);
    expect((await lastOutcome(served)).error).toMatchObject({ message: 'no more' });
  });

  it('does not wait for the input when it has only looked at it', async () => {
    const { address } = await serveProgram(({ stdin, stdout }) => {
      stdin.on('end', () => {});
      stdin.setEncoding('utf8');
      stdout.write('Content-Type: text/plain\n\nanswered');
    });
    expect((await request(address, { method: 'POST', body: BODY })).body.toString()).toBe(
      'answered',
    );
  });
});
