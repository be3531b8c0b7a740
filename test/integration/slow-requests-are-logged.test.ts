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
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const HANDLER = path.join(HANDLERS, 'slow.mjs');
const AFTER_MS = 200;
const ARGS = ['--max-workers', '1', '--concurrency', '2', '--slow-log', `${AFTER_MS}ms`];

let server: LaunchedServer;
let threads: number;

beforeAll(async () => {
  server = await launchServer({ handler: 'slow.mjs', args: ARGS });
  threads = threadsOf(server.workers()[0] ?? -1).length;
});

afterAll(() => server.finish());

/** `slow.mjs:7:` for the line of the handler with that text. */
function lineOf(text: string): string {
  const lines = fs.readFileSync(HANDLER, 'utf8').split('\n');
  return `slow.mjs:${lines.findIndex((line) => line.includes(text)) + 1}:`;
}

/** A request that goes on until it may end. */
interface Slow {
  /** The lines about it, of which there are enough. */
  told(isEnough: (lines: LogRecord[]) => boolean): Promise<LogRecord[]>;
  end(): Promise<void>;
}

/** @param dir - of the file that ends the request, and as the handler sees it */
function begin(way: string, of: RunningServer = server, dir: string = tempDir(), seen = dir): Slow {
  const uri = `${way}?${path.join(seen, 'end')}`;
  const answer = request(of.address(), { path: uri });
  return {
    told: (isEnough) =>
      waitFor(`enough lines about ${uri}`, () => {
        const lines = of.log.filter(({ msg }) => msg.startsWith(`GET ${uri}: `));
        return isEnough(lines) ? lines : undefined;
      }),
    end: async () => {
      fs.writeFileSync(path.join(dir, 'end'), '');
      expect((await answer).status).toBe(200);
    },
  };
}

const isAny = (lines: LogRecord[]): boolean => lines.length > 0;
const isTwice = (lines: LogRecord[]): boolean => lines.length > 1;
const say = (text: RegExp) => (lines: LogRecord[]) => lines.some(({ msg }) => text.test(msg));

/** Runs one request until enough is told about it. */
async function run(way: string, isEnough = isAny): Promise<LogRecord[]> {
  const slow = begin(way);
  const lines = await slow.told(isEnough);
  await slow.end();
  return lines;
}

it('names the function and the line of a loop, at the time and again when it has doubled', async () => {
  const [first, second] = await run('/spin', isTwice);
  expect(first).toMatchObject({ level: 'warn', worker: 0 });
  expect(first?.msg).toMatch(/: runs for .* m?s; the worker is in .*spin.*slow\.mjs/);
  expect(first?.['ms']).toBeGreaterThanOrEqual(AFTER_MS);
  const frames = first?.['stack'] as string[];
  expect(frames.find((frame) => frame.includes('spin'))).toContain(lineOf('!existsSync(file) &&'));
  expect(second?.['ms']).toBeGreaterThanOrEqual(2 * AFTER_MS);
  expect(second?.['request']).toBe(first?.['request']);
});

it('names the function that an async handler has come to, and who waits for it', async () => {
  const [line] = await run('/later');
  const stack = line?.['stack'] as string[];
  expect(stack).toContainEqual(expect.stringMatching(/spinLater.*slow\.mjs/));
  expect(stack).toContainEqual(expect.stringMatching(/^async .*produce.*slow\.mjs/));
  expect(JSON.stringify(stack)).not.toContain('processTicks');
});

it('names the caller of an expression that takes for ever', async () => {
  const [line] = await run('/regexp', say(/RegExp\.test, called by .*matchSlowly.*slow\.mjs/));
  expect(line).toBeDefined();
});

it('has no stack of a handler that waits, and says so', async () => {
  const [line] = await run('/wait');
  expect(line?.msg).toMatch(/; it waits: nothing of it runs now, so it has no stack$/);
  expect(line?.['open']).toMatch(/\d timers?/);
  expect(line).not.toHaveProperty('stack');
});

it('says that the worker is in a native call, for which program, and who made it', async () => {
  const slow = begin('/program');
  const [line] = await slow.told(isAny);
  expect(line?.msg).toMatch(/; the worker is in a native call .*, so it shows no stack$/);
  expect(line?.['programs']).toMatch(/^sh \(pid \d+\)$/);
  await slow.end();
  const over = (await slow.told(say(/back from its native call/))).at(-1);
  expect(over?.['stack']).toContainEqual(expect.stringMatching(/runProgram.*slow\.mjs/));
});

it('does not stop at a debugger statement', async () => {
  const [line] = await run('/debugger');
  expect(line?.msg).toMatch(/the worker is in .*spin/);
});

it('blames neither of two requests for what the worker runs', async () => {
  const waits = begin('/wait');
  await waits.told(say(/it waits/));
  const spins = begin('/spin');
  const shared = say(/the worker, with 2 requests, is in .*spin/);
  const [lines] = await Promise.all([spins.told(shared), waits.told(shared)]);
  expect(lines.at(-1)?.['running']).toBe(2);
  await spins.end();
  await waits.end();
});

it('costs a thread, and only where it is asked for', async () => {
  const plain = await startServer({ handler: 'slow.mjs', args: ['--max-workers', '1'] });
  expect(threads - threadsOf(plain.workers()[0] ?? -1).length).toBe(1);
});

it('lets its thread sleep while nothing runs, and wakes it when something does', async () => {
  const [worker = -1] = server.workers();
  const others = threadsOf(worker).filter((thread) => thread !== worker);
  const wakes = (): string =>
    others.map((thread) => statusOf(worker, thread)['voluntary_ctxt_switches']).join(' ');
  // It may look once more, and then no more.
  let last = '';
  await waitFor('a time in which it would have looked, and did not', async () => {
    const before = last;
    await new Promise((resolve) => {
      setTimeout(resolve, 2 * AFTER_MS);
    });
    last = wakes();
    return last === before;
  });
  expect(await run('/spin')).not.toEqual([]);
});

it('tells of a loop that never ends', async () => {
  const expectErrors = /was killed by SIGKILL/;
  const stuck = await startServer({ handler: 'slow.mjs', args: ARGS, expectErrors });
  const answer = request(stuck.address(), { path: '/for-ever' }).catch(() => undefined);
  const line = await stuck.logged(/^GET \/for-ever: runs/);
  expect(line.msg).toMatch(/the worker is in .*spinForEver/);
  expect(line.msg).toContain(lineOf('for (;;);'));
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
    const slow = begin('/spin', inside, root, '/');
    const [line] = await slow.told(isAny);
    expect(line?.['stack']).toContainEqual(expect.stringMatching(/ \(\/slow\.mjs:\d+:\d+\)$/));
    await slow.end();
    expect(await inside.stop()).toBe(0);
  });
});
