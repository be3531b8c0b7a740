import path from 'node:path';
import fs from 'node:fs';
import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { HANDLERS, startServer } from '../helpers/start-server.ts';
import { freePort } from '../helpers/tcp-port.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

it.each([
  ['throws at load', 'throws-at-load.mjs', /throws-at-load\.mjs/],
  ['exports nothing usable', 'exports-nothing.mjs', /exports no handler\. Found: .*Accepted: /s],
  ['fails to start', 'start-fails.mjs', /./],
  [
    'ends the process at load',
    'exits-at-load.mjs',
    /exited with code 5 .*before its handler was loaded/,
  ],
])('exits with 78 when the handler %s', async (_title, handler, message) => {
  const server = await startServer({ handler, dontWait: true, expectErrors: /./ });
  expect(await server.ended()).toBe(78);
  const errors = server.log.filter(({ level }) => level === 'error');
  expect(errors.length).toBe(1);
  expect(errors[0]?.msg).toMatch(message);
});

it('exits with 78 when the handler does not load within --boot-timeout', async () => {
  const server = await startServer({
    handler: 'start-hangs.mjs',
    args: ['--boot-timeout', '300ms'],
    dontWait: true,
    expectErrors: /./,
  });
  expect(await server.ended()).toBe(78);
  expect((await server.logged(/--boot-timeout/)).msg).toContain('within --boot-timeout (300ms)');
});

it('exits with 66 when the handler file is missing, without a stack', async () => {
  const server = await startServer({
    handler: 'no-such-file.mjs',
    dontWait: true,
    expectErrors: /./,
  });
  expect(await server.ended()).toBe(66);
  expect(server.log.length).toBe(1);
  expect(server.log[0]?.msg).toContain(path.join(HANDLERS, 'no-such-file.mjs'));
});

it('tells a handler that listens a moment after it was loaded what to do instead', async () => {
  const handler = path.join(tempDir(), 'handler.mjs');
  const program = `import { createServer } from 'node:http';
    import { setTimeout } from 'node:timers/promises';
    const app = (request, response) => response.end('hello');
    async function main() { await setTimeout(1); createServer(app).listen(${await freePort()}); }
    main();
    export default app;`;
  fs.writeFileSync(handler, program);
  const server = await startServer({
    handler,
    args: ['--min-workers', '2'],
    expectErrors: /uncaught exception|exited with code 70|before its handler was loaded/,
  });
  const { msg, err } = await server.logged(/^uncaught exception/);
  expect(msg).toMatch(
    /this worker exits; it calls listen\(\), but the requests come through scgi-server: export /,
  );
  expect(err).toMatchObject({ code: 'EADDRINUSE' });
});

it('goes on with the workers it has, and backs off, when a handler stops loading later', async () => {
  const dir = tempDir();
  const handler = path.join(dir, 'handler.mjs');
  fs.copyFileSync(path.join(HANDLERS, 'kitchen.mjs'), handler);
  const server = await startServer({
    handler,
    args: ['--min-workers', '2'],
    expectErrors: /broken on purpose|was killed by SIGKILL/,
  });
  await server.logged(/worker 1 .* is ready/);
  const kitchen = fs.readFileSync(handler);
  fs.writeFileSync(handler, 'throw new Error("broken on purpose");');
  process.kill(server.workers()[0] ?? 0, 'SIGKILL');
  await waitFor('three failed boots', () => {
    const boots = server.log.filter(({ msg }) => msg.includes('broken on purpose'));
    return boots.length >= 3 && boots;
  });
  const delays = server.log.flatMap(({ msg }) => /next attempt in (\d+) ms/.exec(msg)?.[1] ?? []);
  expect(delays.slice(0, 3)).toEqual(['100', '200', '400']);
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
  // At once: a worker that boots now must not find it half written.
  fs.writeFileSync(`${handler}.new`, kitchen);
  fs.renameSync(`${handler}.new`, handler);
  await waitFor(
    'the pool to recover',
    () => server.workers().length === 2 && server.log.at(-1)?.msg.includes('is ready'),
  );
});
