// --slow-log: what runs for too long is told of while it runs, with the stack of where it is.

import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  describeAsRoot,
  openDir,
  statusOf,
  threadsOf,
  writeModule,
} from '../helpers/identities.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { LaunchedServer, LogRecord, RunningServer } from '../helpers/start-server.ts';
import { HANDLERS, launchServer, startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const HANDLER = path.join(HANDLERS, 'slow.mjs');
const ARGS = ['--max-workers', '1', '--concurrency', '2', '--slow-log', '200ms'];
/** Long enough for a thread to be seen on a busy machine, milliseconds. */
const LONG_MS = 1_000;

let server: LaunchedServer;
let threads: number;

beforeAll(async () => {
  server = await launchServer({ handler: 'slow.mjs', args: ARGS });
  threads = threadsOf(server.workers()[0] ?? -1).length;
});

afterAll(() => server.finish());

/** Line of the handler, counted from 1. */
function lineOf(text: string): number {
  const lines = fs.readFileSync(HANDLER, 'utf8').split('\n');
  return lines.findIndex((line) => line.includes(text)) + 1;
}

const SPIN = `slow.mjs:${lineOf('for (const end = performance.now() + ms; performance.now() < end;);')}:`;

/** Asks for a page that takes its time. @returns the lines about it so far, the first waited for */
async function ask(uri: string, of: RunningServer = server): Promise<LogRecord[]> {
  const answer = request(of.address(), { path: uri });
  const isAbout = ({ msg }: LogRecord): boolean => msg.startsWith(`GET ${uri}: `);
  await waitFor(`a line about ${uri}`, () => of.log.some(isAbout));
  expect((await answer).status).toBe(200);
  return of.log.filter(isAbout);
}

it('names the function and the line of a loop, at the time and again when it has doubled', async () => {
  const lines = await ask(`/spin?${LONG_MS}`);
  const [first, second] = lines;
  expect(first).toMatchObject({ level: 'warn', worker: 0 });
  expect(first?.msg).toMatch(/: runs for \d+ ms; the worker is in .*spin.*slow\.mjs/);
  expect(first?.['stack']).toContainEqual(expect.stringMatching(/spin.*slow\.mjs/));
  expect(JSON.stringify(lines.map(({ stack }) => stack))).toContain(SPIN);
  expect(second?.['ms']).toBeGreaterThanOrEqual(2 * 200);
  expect(second?.['request']).toBe(first?.['request']);
});

it('names the function that an async handler has come to, and who waits for it', async () => {
  const [line] = await ask(`/later?${LONG_MS}`);
  const stack = line?.['stack'] as string[];
  expect(stack).toContainEqual(expect.stringMatching(/spinLater.*slow\.mjs/));
  expect(stack).toContainEqual(expect.stringMatching(/^async .*produce.*slow\.mjs/));
  expect(JSON.stringify(stack)).not.toContain('processTicks');
});

it('names the caller of an expression that does not come to an end', async () => {
  const lines = await ask(`/regexp?${LONG_MS}`);
  expect(JSON.stringify(lines)).toMatch(/RegExp\.test, called by .*matchSlowly.*slow\.mjs/);
});

it('has no stack of a handler that waits, and says so', async () => {
  const [line] = await ask(`/sleep?${LONG_MS}`);
  expect(line?.msg).toMatch(/; it waits: nothing of it runs now, so it has no stack$/);
  expect(line?.['open']).toMatch(/\d timers?/);
  expect(line).not.toHaveProperty('stack');
});

it('says that the worker is in a native call, for which program, and who made it', async () => {
  const uri = `/program?${2 * LONG_MS}`;
  const [line] = await ask(uri);
  expect(line?.msg).toMatch(/; the worker is in a native call .*, so it shows no stack$/);
  expect(line?.['programs']).toMatch(/^sleep \(pid \d+\)$/);
  const over = await server.logged(/back from its native call/);
  expect(over['stack']).toContainEqual(expect.stringMatching(/runProgram.*slow\.mjs/));
});

it('does not stop at a debugger statement', async () => {
  const [line] = await ask(`/debugger?${LONG_MS}`);
  expect(line?.msg).toMatch(/the worker is in .*spin/);
});

it('blames neither of two requests for what the worker runs', async () => {
  const waits = ask(`/sleep?${2 * LONG_MS}`);
  await ask(`/spin?${LONG_MS + 1}`);
  const lines = await waits;
  expect(JSON.stringify(lines)).toMatch(/the worker, with 2 requests, is in .*spin/);
});

it('costs a thread, and only where it is asked for', async () => {
  const plain = await startServer({ handler: 'slow.mjs', args: ['--max-workers', '1'] });
  expect(threads - threadsOf(plain.workers()[0] ?? -1).length).toBe(1);
  await request(plain.address(), { path: '/spin?300' });
  expect(plain.log.some(({ msg }) => msg.includes('/spin'))).toBe(false);
});

it('leaves the thread asleep while nothing runs', async () => {
  const [worker = -1] = server.workers();
  const switches = (): number =>
    threadsOf(worker)
      .filter((thread) => thread !== worker)
      .map((thread) => Number(statusOf(worker, thread)['voluntary_ctxt_switches']))
      .reduce((sum, count) => sum + count, 0);
  // Twice the time of --slow-log without a request: it may look once more, and then no more.
  let last = -1;
  await waitFor('a second in which no thread wakes', async () => {
    const now = switches();
    const isSame = now === last;
    last = now;
    if (!isSame) await new Promise((resolve) => setTimeout(resolve, 1_000));
    return isSame;
  });
});

it('is told of a loop that never ends', async () => {
  const stuck = await startServer({
    handler: 'slow.mjs',
    args: ARGS,
    expectErrors: /was killed by SIGKILL/,
  });
  const answer = request(stuck.address(), { path: '/for-ever' }).catch(() => undefined);
  const line = await stuck.logged(/^GET \/for-ever: /);
  expect(line.msg).toContain(`slow.mjs:${lineOf('for (;;);')}:`);
  process.kill(stuck.workers()[0] ?? -1, 'SIGKILL');
  await answer;
  await stuck.logged(/was killed by SIGKILL/);
});

describeAsRoot('a worker that has given up its rights', () => {
  it('is watched as well', async () => {
    const root = openDir();
    writeModule(fs.readFileSync(HANDLER, 'utf8'), 'slow.mjs', root);
    const rooted = ['--chroot', root, '--user', 'www-data', 'slow.mjs'];
    const inside = await startServer({ args: [...ARGS, ...rooted] });
    const [line] = await ask(`/spin?${LONG_MS}`, inside);
    expect(line?.['stack']).toContainEqual(expect.stringMatching(/ \(\/slow\.mjs:\d+:\d+\)$/));
    expect(await inside.stop()).toBe(0);
  });
});
