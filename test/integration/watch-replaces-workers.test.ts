import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createProject } from '../helpers/project.ts';
import { encodeScgi, request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { body, changed, HANDLER, produce, startWatching, text } from '../helpers/watched.ts';

// Waits for a file at /slow.
const slowHandler = (version: string): string => `
  import { setTimeout as delay } from 'node:timers/promises';
  export const produce = async (env, bodySize, input, output, { log }) => {
    output.write('Content-Type: text/plain\\n\\n');
    if (env.PATH_INFO === '/slow') {
      log.info('it has begun');
      while (!(await import('node:fs')).existsSync(import.meta.dirname + '/go')) await delay(20);
    }
    output.end('${version}');
  };`;

const loopingHandler = (version: string): string => `
  import { setTimeout as delay } from 'node:timers/promises';
  export const produce = async (env, bodySize, input, output, { log }) => {
    if (env.PATH_INFO === '/loop') {
      log.info('it loops');
      await delay(20);
      for (;;);
    }
    output.end('Content-Type: text/plain\\n\\n${version}');
  };`;

// Loads when there is a file that lets it.
const lateHandler = (version: string): string => `
  import { setTimeout as delay } from 'node:timers/promises';
  console.log('the ${version} one is loaded');
  while (!(await import('node:fs')).existsSync(import.meta.dirname + '/go')) await delay(20);
  export const produce = ${produce(`'${version}'`)};`;

describe.each(['native', 'portable'])('a handler that is worked on, with --dispatch %s', (mode) => {
  it('is served anew, and what comes meanwhile waits', async () => {
    const project = createProject({ 'handler.mjs': HANDLER, 'lib/text.mjs': text('0') });
    const server = await startWatching(project.path('handler.mjs'), '--dispatch', mode);
    expect(await body(server)).toBe('0');
    for (let n = 1; n <= 5; n++) {
      project.replace('lib/text.mjs', text(`${n}`));
      await changed(server, n);
      const answers = await Promise.all(Array.from({ length: 5 }, () => body(server)));
      expect(answers).toEqual(Array(5).fill(`${n}`));
    }
    project.replace('handler.mjs', HANDLER.replace('+ text', "+ 'handler ' + text"));
    await changed(server, 6);
    expect(await body(server)).toBe('handler 5');
  });

  it('finishes what the old code has begun, while the new one answers', async () => {
    const project = createProject({ 'handler.mjs': slowHandler('old') });
    const args = ['--dispatch', mode, '--max-workers', '1'];
    const server = await startWatching(project.path('handler.mjs'), ...args);
    const slow = request(server.address(), { env: { PATH_INFO: '/slow' } });
    await server.logged(/it has begun/);
    project.replace('handler.mjs', slowHandler('new'));
    await changed(server, 1);
    expect(await body(server)).toBe('new');
    project.write('go', '');
    expect((await slow).body.toString()).toBe('old');
  });

  it('ends at the next change what has not finished since the last, be it a loop', async () => {
    const project = createProject({ 'handler.mjs': loopingHandler('old') });
    const server = await startServer({
      handler: project.path('handler.mjs'),
      args: ['--watch', '--dispatch', mode, '--max-workers', '1'],
      expectErrors: /did not finish within 1500 ms.*: killed/,
    });
    const [old] = server.workers();
    const stuck = request(server.address(), { env: { PATH_INFO: '/loop' } }).catch(() => 'cut');
    await server.logged(/it loops/);
    project.replace('handler.mjs', loopingHandler('new'));
    await changed(server, 1);
    expect(await body(server)).toBe('new');
    expect(server.workers()).toContain(old);
    project.replace('handler.mjs', loopingHandler('newer'));
    await changed(server, 2);
    expect(await body(server)).toBe('newer');
    await waitFor('the end of the loop', () => !server.workers().includes(old ?? -1));
    await stuck;
  });

  it('is served to what waits for it, when the server is stopped meanwhile', async () => {
    const project = createProject({ 'handler.mjs': lateHandler('old'), go: '' });
    const server = await startWatching(project.path('handler.mjs'), '--dispatch', mode);
    expect(await body(server)).toBe('old');
    project.remove('go');
    project.replace('handler.mjs', lateHandler('new'));
    await server.logged(/the new one is loaded/);
    const peer = connect(server.address());
    let answer = '';
    peer.on('data', (chunk) => (answer += chunk.toString()));
    await once(peer, 'connect');
    peer.write(encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/' }));
    server.process.kill('SIGTERM');
    await server.logged(/graceful stop/);
    project.write('go', '');
    await once(peer, 'end');
    expect(answer).toMatch(/\r\n\r\nnew$/);
    expect(await server.ended()).toBe(0);
  });
});

it('says at start that it is for development', async () => {
  const project = createProject({ 'handler.mjs': HANDLER, 'lib/text.mjs': text('') });
  const server = await startWatching(project.path('handler.mjs'));
  const { level } = await server.logged(/--watch is for development, never for production/);
  expect(level).toBe('warn');
});

it('needs a handler to watch', async () => {
  const server = await startServer({ args: ['--watch'], dontWait: true, expectErrors: /./ });
  expect(await server.ended()).toBe(78);
  expect(server.log[0]?.msg).toContain('watch (--watch): expected a handler to watch, got none');
});
