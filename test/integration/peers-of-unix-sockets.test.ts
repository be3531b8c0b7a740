// --allow-uid and --allow-gid: at a Unix socket the kernel knows who connects.

import net from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Identity } from '../helpers/identities.ts';
import { ADM, askAs, describeAsRoot, NOBODY, openDir, WWW_DATA } from '../helpers/identities.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const HELLO = { handler: 'kitchen.mjs' };
const OPEN_TO_ALL = ['--socket-mode', '0666'];
const ROOT: Identity = { uid: 0, gid: 0, groups: [0] };

function start(...args: string[]): Promise<RunningServer> {
  const socket = path.join(openDir(), 'app.sock');
  return startServer({ ...HELLO, args: ['--socket', socket, ...OPEN_TO_ALL, ...args] });
}

async function isServed(server: RunningServer, identity: Identity): Promise<boolean> {
  const { answer, pid } = await askAs(identity, server.address());
  if (answer.startsWith('Status: 200')) return true;
  expect(answer).toMatch(/^$|^ECONNRESET|^EPIPE/);
  const { uid, gid } = identity;
  const who = `process ${pid} (uid ${uid}, gid ${gid})`;
  await server.logged(/^closed: /);
  const refusals = server.log.filter(({ msg }) => msg.startsWith('closed: '));
  // The first is told at once, and those that follow together, later.
  if (refusals.length === 1 && refusals[0]?.msg.includes(who)) {
    expect(refusals[0]).toMatchObject({
      level: 'warn',
      msg: `closed: ${who} is not in --allow-uid or --allow-gid`,
    });
  }
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
    expect(await isServed(server, NOBODY)).toBe(false);
    expect(await isServed(server, WWW_DATA)).toBe(true);
    expect(await isServed(server, { uid: 4711, gid: 4711, groups: [] })).toBe(true);
    expect(await isServed(server, ROOT)).toBe(false);
    // Its group is no user.
    expect(await isServed(server, { ...NOBODY, gid: 33, groups: [33] })).toBe(false);
    const [first] = server.log.filter(({ msg }) => msg.startsWith('closed: '));
    expect(first?.msg).toMatch(/^closed: process \d+ \(uid 65534, gid 65534\) is not in /);
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
    const listener = net.createServer().listen({ path: socket, writableAll: true });
    onTestFinished(() => void listener.close());
    await waitFor('the listener', () => listener.listening);
    const { _handle: handle } = listener as net.Server & { _handle?: { fd: number } };
    const server = await startServer({
      ...HELLO,
      args: ['--port', '0', '--listen', 'fd:3', '--allow-uid', 'www-data'],
      inherit: handle?.fd ?? -1,
    });
    // The test's own listener would take some of the connections.
    const tcp = server.address();
    listener.close();
    const inherited = { ...server, address: () => ({ path: socket }) };
    expect(await isServed(inherited, WWW_DATA)).toBe(true);
    expect(await isServed(inherited, NOBODY)).toBe(false);
    expect((await request(tcp, { path: '/hello' })).status).toBe(200);
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
    expect(await server.ended()).toBe(78);
  }
});
