// --allow-uid and --allow-gid: at a Unix socket the kernel knows who connects.

import fs from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createListener } from '../../src/posix/listeners.ts';
import type { Identity } from '../helpers/identities.ts';
import { ADM, askAs, describeAsRoot, NOBODY, openDir, WWW_DATA } from '../helpers/identities.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';

const HELLO = { handler: 'kitchen.mjs' };
const OPEN_TO_ALL = ['--socket-mode', '0666'];
const ROOT: Identity = { uid: 0, gid: 0, groups: [0] };

function start(...args: string[]): Promise<RunningServer> {
  const socket = path.join(openDir(), 'app.sock');
  return startServer({ ...HELLO, args: ['--socket', socket, ...OPEN_TO_ALL, ...args] });
}

async function isServed(server: RunningServer, identity: Identity): Promise<boolean> {
  const { answer } = await askAs(identity, server.address());
  if (answer.startsWith('Status: 200')) return true;
  // Closed at once, before or after its request was sent.
  expect(answer).toMatch(/^$|^ECONNRESET|^EPIPE/);
  return false;
}

describeAsRoot('a Unix socket', () => {
  it('is for everybody who may open it, unless told otherwise', async () => {
    const server = await start();
    for (const identity of [WWW_DATA, NOBODY, ROOT]) {
      expect(await isServed(server, identity)).toBe(true);
    }
  });

  it('is for the users of --allow-uid, names or numbers, and for nobody else', async () => {
    const server = await start('--allow-uid', 'www-data', '--allow-uid', '4711');
    const { answer, pid } = await askAs(NOBODY, server.address());
    expect(answer).not.toContain('Status');
    expect(await server.logged(/^closed: /, 30_000)).toMatchObject({
      level: 'warn',
      msg: `closed: process ${pid} (uid 65534, gid 65534) is not in --allow-uid or --allow-gid`,
    });
    expect(await isServed(server, WWW_DATA)).toBe(true);
    expect(await isServed(server, { uid: 4711, gid: 4711, groups: [4711] })).toBe(true);
    expect(await isServed(server, ROOT)).toBe(false);
    // Its group is no user.
    expect(await isServed(server, { ...NOBODY, gid: 33, groups: [33] })).toBe(false);
  });

  it('is for the members of --allow-gid, also where it is not their first group', async () => {
    const server = await start('--allow-gid', 'adm');
    expect(await isServed(server, WWW_DATA)).toBe(false);
    expect(await isServed(server, { ...WWW_DATA, gid: ADM })).toBe(true);
    expect(await isServed(server, { ...WWW_DATA, groups: [33, ADM] })).toBe(true);
    // More groups than there is room for at first.
    const many = Array.from({ length: 200 }, (_, i) => 10_000 + i);
    expect(await isServed(server, { ...WWW_DATA, groups: many })).toBe(false);
    expect(await isServed(server, { ...WWW_DATA, groups: [...many, ADM] })).toBe(true);
    // That number as a user is nobody of the group.
    expect(await isServed(server, { ...NOBODY, uid: ADM })).toBe(false);
  });

  it('is for either, where users and groups are named', async () => {
    const server = await start('--allow-uid', 'www-data', '--allow-gid', 'adm');
    expect(await isServed(server, WWW_DATA)).toBe(true);
    expect(await isServed(server, { ...NOBODY, gid: ADM })).toBe(true);
    expect(await isServed(server, NOBODY)).toBe(false);
  });

  it('has the same rules when it was inherited, and TCP has not', async () => {
    const socket = path.join(openDir(), 'inherited.sock');
    const { descriptor } = createListener({ kind: 'unix', path: socket }, { backlog: 16 });
    onTestFinished(() => descriptor.close());
    fs.chmodSync(socket, 0o666);
    const server = await startServer({
      ...HELLO,
      args: ['--port', '0', '--listen', 'fd:3', '--allow-uid', 'www-data'],
      inherit: descriptor.fd,
    });
    const inherited = { ...server, address: () => ({ path: socket }) };
    expect(await isServed(inherited, WWW_DATA)).toBe(true);
    expect(await isServed(inherited, NOBODY)).toBe(false);
    expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
  });
});

it('names users and groups that it does not know', async () => {
  for (const [option, what] of [
    ['--allow-uid', 'user'],
    ['--allow-gid', 'group'],
  ]) {
    const server = await startServer({
      ...HELLO,
      args: [option ?? '', 'nobodies'],
      dontWait: true,
      expectErrors: new RegExp(`there is no ${what} "nobodies"`),
    });
    expect(await server.ended(30_000)).toBe(78);
  }
});
