// --chroot: workers see a part of the file system, and paths are those inside of it.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { describeAsRoot, openDir, statusOf, writeModule } from '../helpers/identities.ts';
import { writeShellProgram } from '../helpers/programs.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';

const HANDLER = `
import fs from 'node:fs';
import os from 'node:os';
import { answer } from 'answers';
const failure = (action) => { try { action(); return 'done'; } catch (error) { return error.code; } };
const found = {
  root: fs.readdirSync('/').sort(),
  cwd: process.cwd(),
  uid: process.getuid(),
  passwd: failure(() => fs.readFileSync('/etc/passwd')),
  up: failure(() => fs.readFileSync('../../../../../../etc/passwd')),
};
export const produce = async (env, bodySize, input, output) => {
  const { fetch, stream } = { fetch: typeof globalThis.fetch, stream: await import('node:stream/promises') };
  output.end('Content-Type: application/json\\n\\n' + JSON.stringify({ ...found, answer, fetch, zone: new Date().getTimezoneOffset() }));
};
`;

/** A root directory with a handler, its package, and nothing else. */
function createRoot(): string {
  const root = openDir();
  writeModule(HANDLER, 'srv/releases/1/handler.mjs', root);
  writeModule('export const answer = 42;', 'srv/node_modules/answers/index.mjs', root);
  writeModule('{ "exports": "./index.mjs" }', 'srv/node_modules/answers/package.json', root);
  fs.symlinkSync('/srv/releases/1', path.join(root, 'srv/current'));
  return root;
}

/** Node keeps low ones from its children, this one not. */
const LEAVING_USR_OPEN = ['bash', '-c', 'exec 200</usr; exec "$@"', 'bash'];

function start(root: string, args: string[], inside: string[] = []): Promise<RunningServer> {
  const rooted = ['--chroot', root, '--user', 'www-data', '--max-workers', '1'];
  return startServer({
    // Relative: it belongs to the root directory, wherever the server is started.
    args: [...rooted, ...args, 'srv/current/handler.mjs'],
    cwd: '/usr',
    inside,
  });
}

describeAsRoot('a handler under --chroot', () => {
  it('runs with what is inside, and sees nothing else', async () => {
    const root = createRoot();
    const server = await start(root, []);
    const { body } = await request(server.address());
    expect(JSON.parse(body.toString())).toEqual({
      root: ['srv'],
      cwd: '/',
      uid: 33,
      passwd: 'ENOENT',
      up: 'ENOENT',
      answer: 42,
      fetch: 'function',
      zone: new Date().getTimezoneOffset(),
    });
    const [worker = -1] = server.workers();
    expect(fs.readlinkSync(`/proc/${worker}/root`)).toBe(root);
    expect(fs.readlinkSync(`/proc/${server.process.pid}/root`)).toBe('/');
    expect(statusOf(worker)['Uid']).toBe('33 33 33 33');
    expect(await server.stop()).toBe(0);
  });

  it('has the working directory of --chdir, which is inside, too', async () => {
    const root = createRoot();
    const server = await start(root, ['--chdir', 'srv/releases']);
    const { body } = await request(server.address());
    expect(JSON.parse(body.toString())).toMatchObject({ cwd: '/srv/releases' });
    const [worker = -1] = server.workers();
    expect(fs.readlinkSync(`/proc/${worker}/cwd`)).toBe(path.join(root, 'srv/releases'));
  });

  it('has no descriptor of a directory outside, whoever has left one open', async () => {
    const server = await start(createRoot(), [], LEAVING_USR_OPEN);
    const [worker = -1] = server.workers();
    expect(openFiles(server.process.pid ?? -1)).toContain('/usr');
    expect(openFiles(worker)).not.toContain('/usr');
  });

  it.each([
    ['TypeScript that this Node cannot load inside', ['handler.ts'], /TypeScript needs a Node/],
    ['a file that its user may not read', ['secret.mjs'], /EACCES/],
  ])('is told of at the start: %s', async (_what, [name = ''], problem) => {
    const root = openDir();
    fs.writeFileSync(path.join(root, 'handler.ts'), 'export const produce = (): void => {};');
    fs.writeFileSync(path.join(root, 'secret.mjs'), '', { mode: 0o600 });
    const isNewNode = 'typescript' in process.features && Boolean(process.features.typescript);
    if (isNewNode && name.endsWith('.ts')) return;
    const server = await startServer({
      args: ['--chroot', root, '--user', 'www-data', name],
      dontWait: true,
      expectErrors: problem,
    });
    expect(await server.ended(30_000)).toBe(78);
  });
});

describeAsRoot('a CGI program under --chroot', () => {
  it.each([
    ['the portable dispatcher', ['--dispatch', 'portable']],
    ['the native dispatcher', ['--dispatch', 'native']],
    ['--direct', ['--dispatch', 'native', '--direct']],
  ])('runs with what is inside: %s', async (_mode, args) => {
    const root = createRootWithShell();
    writeShellProgram(
      'echo /*; pwd; echo "$SCRIPT_NAME"; read -r line; echo "$line"',
      'cgi-bin/list.cgi',
      root,
    );
    const server = await startServer({
      cgi: ['/cgi-bin/'],
      args: ['--chroot', root, '--user', 'www-data', ...args],
    });
    const env = {
      REQUEST_METHOD: 'POST',
      SCRIPT_FILENAME: '/cgi-bin/list.cgi',
      SCRIPT_NAME: '/cgi-bin/list.cgi',
    };
    const body = Buffer.from('and the body\n');
    const head = encodeScgi(env, body.length);
    const { bytes } = await rawExchange(server.address(), Buffer.concat([head, body]));
    const [, answer] = bytes.toString().replaceAll('\r', '').split('\n\n');
    const folders = fs.readdirSync(root).map((name) => `/${name}`);
    expect(answer).toBe(`${folders.sort().join(' ')}\n/cgi-bin\n/cgi-bin/list.cgi\nand the body\n`);
  });

  it('needs /dev/null, which is told at the start', async () => {
    const root = openDir();
    writeShellProgram('', 'list.cgi', root);
    const server = await startServer({
      cgi: ['/list.cgi'],
      args: ['--chroot', root, '--user', 'www-data'],
      dontWait: true,
      expectErrors: /CGI programs need \/dev\/null in it; mkdir -p .* && mknod/,
    });
    expect(await server.ended(30_000)).toBe(78);
  });
});

function openFiles(pid: number): string[] {
  const fds = fs.readdirSync(`/proc/${pid}/fd`);
  return fds.map((fd) => fs.readlinkSync(`/proc/${pid}/fd/${fd}`));
}

/** A root directory with a shell, what it loads, and a null device. */
function createRootWithShell(): string {
  const root = openDir();
  const shell = '/bin/sh';
  const libraries = execFileSync('ldd', [shell], { encoding: 'utf8' }).matchAll(/\/\S+/g);
  for (const file of [shell, ...Array.from(libraries, ([library]) => library)]) {
    const copy = path.join(root, file);
    fs.mkdirSync(path.dirname(copy), { recursive: true });
    fs.copyFileSync(fs.realpathSync(file), copy);
  }
  fs.mkdirSync(path.join(root, 'dev'));
  execFileSync('mknod', ['-m', '666', path.join(root, 'dev/null'), 'c', '1', '3']);
  return root;
}
