// Reloads whose workers, old or new, do not do what is expected of them.

import { expect, it } from 'vitest';
import { createProject } from '../helpers/project.ts';
import { loggedAfter, reload } from '../helpers/reload.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const answering = (text: string): string =>
  `export const produce = (env, bodySize, input, output) =>
    output.end('Content-Type: text/plain\\n\\n${text}');`;

/** Never finishes at /stuck. */
const STUCK = `
  export const produce = (env, bodySize, input, output, { log }) => {
    if (env.PATH_INFO !== '/stuck') return output.end('Content-Type: text/plain\\n\\nold');
    log.info('it is stuck');
    return new Promise(() => {});
  };`;

const config = (settings: object): string =>
  JSON.stringify({ maxWorkers: 2, minWorkers: 2, gracefulTimeout: '300ms', ...settings });

/** Loads when there is a file that lets it. */
const gated = (text: string): string => `
  import fs from 'node:fs';
  while (!fs.existsSync(import.meta.dirname + '/go')) await new Promise((r) => setTimeout(r, 10));
  ${answering(text)}`;

/** Loads once, and never again. */
const FICKLE = `
  import fs from 'node:fs';
  fs.writeFileSync(import.meta.dirname + '/loaded', '', { flag: 'wx' });
  ${answering('new')}`;

/** Waits until so many workers are ready. */
const ready = (server: RunningServer, count: number): Promise<unknown> =>
  waitFor(
    `${count} ready workers`,
    () => server.log.filter(({ msg }) => /^worker .* is ready/.test(msg)).length === count,
    20_000,
  );

async function answers(server: RunningServer, count: number): Promise<string[]> {
  const all = Array.from({ length: count }, () => request(server.address()));
  return (await Promise.all(all)).map(({ body }) => body.toString());
}

it('tells how many old workers did not finish, and ends a new one that does not load in time', async () => {
  const project = createProject({ 'handler.mjs': STUCK, 'config.json': config({}) });
  const server = await startServer({
    handler: project.path('handler.mjs'),
    args: ['--config', project.path('config.json')],
    expectErrors: /^reload failed|did not load its handler|before its handler was loaded/,
  });
  await ready(server, 2);
  const stuck = request(server.address(), { env: { PATH_INFO: '/stuck' } });
  await server.logged(/^it is stuck/);
  project.replace('handler.mjs', 'for (;;);');
  project.write('config.json', config({ bootTimeout: '500ms' }));
  const { msg } = await reload(server);
  expect(msg).toMatch(
    /^reload failed, generation 1 .* did not load its handler within --boot-timeout \(500ms\)/,
  );
  expect(await answers(server, 1)).toEqual(['old']);
  project.replace('handler.mjs', answering('new'));
  project.write('config.json', config({}));
  const { msg: done } = await reload(server);
  expect(done).toBe('reload done: generation 2, 2 workers booted, 1 drained, 1 killed');
  expect((await stuck).status).toBe(503);
});

it('replaces old workers that die meanwhile as soon as the new code is known to load', async () => {
  const project = createProject({ 'handler.mjs': answering('old') });
  const size = ['--max-workers', '3', '--min-workers', '3'];
  const server = await startServer({
    handler: project.path('handler.mjs'),
    args: size,
    expectErrors: /was killed by SIGKILL/,
  });
  await ready(server, 3);
  const [first, second] = server.workers();
  project.replace('handler.mjs', gated('new'));
  const reloaded = reload(server);
  await waitFor('a new worker', () => server.workers().length === 4);
  for (const pid of [first!, second!]) process.kill(pid, 'SIGKILL');
  await waitFor('their end', () => !server.workers().includes(first!));
  expect(await answers(server, 3)).toEqual(['old', 'old', 'old']);
  project.write('go', '');
  expect((await reloaded).msg).toMatch(
    /^reload done: generation 2, .* booted, 1 drained, 0 killed$/,
  );
  expect(await answers(server, 6)).toEqual(Array(6).fill('new'));
  await waitFor('the whole pool', () => server.workers().length === 3);
});

it('is incomplete when new workers stop to load, and the rest of the old ones serves on', async () => {
  const project = createProject({ 'handler.mjs': answering('old') });
  const server = await startServer({
    handler: project.path('handler.mjs'),
    args: ['--max-workers', '3', '--min-workers', '3'],
    expectErrors: /^reload is incomplete|EEXIST/,
  });
  await ready(server, 3);
  project.replace('handler.mjs', FICKLE);
  const { msg } = await reload(server);
  expect(msg).toMatch(/^reload is incomplete, 2 workers of older generations .*EEXIST/);
  expect(server.workers().length).toBe(3);
  const from = server.log.length;
  project.replace('handler.mjs', answering('newest'));
  server.process.kill('SIGHUP');
  const { msg: done } = await loggedAfter(server, from, /^reload (done|failed)/);
  expect(done).toBe('reload done: generation 3, 3 workers booted, 3 drained, 0 killed');
  expect(await answers(server, 6)).toEqual(Array(6).fill('newest'));
});

it('is given up when the server stops, which is no error', async () => {
  const project = createProject({ 'handler.mjs': answering('old') });
  const args = ['--max-workers', '1'];
  const server = await startServer({ handler: project.path('handler.mjs'), args });
  project.replace('handler.mjs', gated('new'));
  server.process.kill('SIGHUP');
  await waitFor('a new worker', () => server.workers().length === 2);
  server.process.kill('SIGTERM');
  const { level } = await server.logged(/^the reload is given up: the server stops$/);
  expect(level).toBe('warn');
  expect(await server.ended()).toBe(0);
});
