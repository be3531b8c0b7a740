// HUP and USR2: new settings and new code, or everything stays as it was.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runLoad, WrongAnswer } from '../helpers/load.ts';
import type { Project } from '../helpers/project.ts';
import { createProject } from '../helpers/project.ts';
import { loggedAfter, mostWorkers, reload } from '../helpers/reload.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { LaunchedServer } from '../helpers/start-server.ts';
import { launchServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const handler = (version: number, load = ''): string => `
  import { setTimeout as delay } from 'node:timers/promises';
  ${load}
  export const produce = async (env, bodySize, input, output) => {
    await delay(Number(env.QUERY_STRING || 1));
    output.end('Content-Type: text/plain\\n\\n${version} ' + process.env.SETTING);
  };`;

const config = (settings: object): string =>
  JSON.stringify({ maxWorkers: 3, minWorkers: 3, env: { SETTING: 'a' }, ...settings });

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'scgi-reload-'));
let project: Project;
let server: LaunchedServer;
beforeAll(async () => {
  project = createProject({ 'handler.mjs': handler(1), 'config.json': config({}) }, dir);
  server = await launchServer({
    handler: project.path('handler.mjs'),
    args: ['--config', project.path('config.json')],
    expectErrors:
      /^reload (failed|is incomplete)|cannot load the handler|before its handler was loaded/,
  });
  await ready(3);
});
afterAll(async () => {
  fs.rmSync(dir, { recursive: true });
  await server.finish();
});

/** Waits for so many more workers than were ready after the first `from` lines of the log. */
const ready = (count: number, from = 0): Promise<unknown> =>
  waitFor(
    `${count} ready workers`,
    () =>
      server.log.slice(from).filter(({ msg }) => /^worker .* is ready/.test(msg)).length >= count,
    20_000,
  );

const answer = async (ms = 1): Promise<string> =>
  (await request(server.address(), { path: `/?${ms}` })).body.toString();

/** Answers of all three workers: as many requests at once as there are workers. */
const answers = async (): Promise<string[]> => Promise.all([0, 0, 0].map(() => answer(100)));

it('brings new settings and code into service, and loses nothing', async () => {
  let isOver = false;
  const load = runLoad(
    async () => {
      const text = await answer(3);
      if (!['1 a', '2 b'].includes(text)) throw new WrongAnswer(text);
    },
    { clients: 8, goOn: () => !isOver },
  );
  project.replace('handler.mjs', handler(2));
  project.write('config.json', config({ env: { SETTING: 'b' } }));
  const reloaded = reload(server).finally(() => (isOver = true));
  expect(await mostWorkers(server, () => isOver)).toBeLessThanOrEqual(4);
  const { msg } = await reloaded;
  expect(msg).toBe('reload done: generation 2, 3 workers booted, 3 drained, 0 killed');
  const { begun, ...troubles } = await load;
  expect(troubles).toEqual({ failures: [], wrong: [] });
  expect(begun).toBeGreaterThan(20);
  expect(await answers()).toEqual(['2 b', '2 b', '2 b']);
  expect(server.log.map(({ msg: line }) => line)).toContain('settings that change: env');
});

it('keeps what serves when the new code does not load', async () => {
  const before = server.workers();
  project.write('config.json', config({ env: { SETTING: 'c' } }));
  for (const broken of ['this is no JavaScript', 'process.exit(3);']) {
    project.replace('handler.mjs', handler(3, broken));
    const { level, msg } = await reload(server);
    expect(level).toBe('error');
    expect(msg).toMatch(/^reload failed, generation 2 serves on: .*(SyntaxError|exit)/);
    await waitFor('the end of what was tried', () => server.workers().length === 3);
  }
  expect(server.workers()).toEqual(before);
  expect(await answers()).toEqual(['2 b', '2 b', '2 b']);
});

it('keeps what serves when the new settings are wrong', async () => {
  project.replace('handler.mjs', handler(4));
  project.write('config.json', '{ "maxWorkers": "many", "minworkers": 1 }');
  const { msg } = await reload(server);
  expect(msg).toMatch(
    /^reload failed, generation 2 serves on: .*config\.json: maxWorkers: expected .*did you mean minWorkers/,
  );
  project.write('config.json', config({ maxWorkers: 5_000 }));
  expect((await reload(server)).msg).toMatch(/serves on: maxWorkers: expected at most 64, .*5000$/);
  expect(await answers()).toEqual(['2 b', '2 b', '2 b']);
});

it('brings new code alone into service at USR2', async () => {
  const { msg } = await reload(server, 'SIGUSR2');
  expect(msg).toMatch(/^reload done: generation 3,/);
  expect(await answers()).toEqual(['4 b', '4 b', '4 b']);
});

it('names what only a restart can change, and goes on with it', async () => {
  project.write('config.json', config({ env: { SETTING: 'd' }, backlog: 7, umask: '077' }));
  const from = server.log.length;
  expect((await reload(server)).msg).toMatch(/^reload done/);
  const warnings = server.log.slice(from).filter(({ level }) => level === 'warn');
  expect(warnings.map(({ msg }) => msg)).toEqual([
    'only a restart can change backlog, umask: until then they stay what they are',
  ]);
  expect(await answers()).toEqual(['4 d', '4 d', '4 d']);
});

it('does what comes during a reload once, afterwards', async () => {
  const from = server.log.length;
  const count = (pattern: RegExp): number =>
    server.log.slice(from).filter(({ msg }) => pattern.test(msg)).length;
  server.process.kill('SIGHUP');
  await loggedAfter(server, from, /is ready: it takes over/);
  for (let i = 0; i < 3; i++) server.process.kill('SIGHUP');
  await waitFor('both reloads', () => count(/^reload done/) === 2, 20_000);
  expect(count(/^reload begins/)).toBe(2);
});

it('changes the size of the pool, the log and several workers at once', async () => {
  const settings = { maxWorkers: 5, minWorkers: 5, logLevel: 'debug', reloadParallel: 3 };
  project.write('config.json', config(settings));
  const from = server.log.length;
  await reload(server);
  await ready(5, from);
  await waitFor('a line of debugging', () => server.log.some(({ level }) => level === 'debug'));
  let isOver = false;
  const reloaded = reload(server).finally(() => (isOver = true));
  const most = await mostWorkers(server, () => isOver);
  expect((await reloaded).msg).toMatch(/5 workers booted, 5 drained/);
  expect(most).toBeGreaterThan(6);
  expect(most).toBeLessThanOrEqual(8);
});

it('ends in good order when TERM comes in the middle', async () => {
  const from = server.log.length;
  server.process.kill('SIGHUP');
  await loggedAfter(server, from, /is ready: it takes over/);
  server.process.kill('SIGHUP');
  server.process.kill('SIGTERM');
  expect(await server.ended()).toBe(0);
  const messages = server.log.slice(from).map(({ msg }) => msg);
  expect(messages).toContain('the reload is given up: the server stops');
});
