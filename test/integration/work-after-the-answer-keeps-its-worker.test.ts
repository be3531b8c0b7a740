import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const HANDLER = `
  import { existsSync } from 'node:fs';
  import { setTimeout as delay } from 'node:timers/promises';

  export function fetch(request, env, context) {
    const work = async () => {
      context.log.info('working');
      while (!existsSync(env.HTTP_X_GO)) await delay(5);
      context.log.info('worked');
      if (request.url.endsWith('/fail')) throw new RangeError('too much work');
    };
    context.waitUntil(work());
    return new Response('answered');
  }
`;

interface Working {
  server: RunningServer;
  go: () => void;
}

/** A server that has answered one request, and works on. */
async function startWorking(url: string, args: string[] = []): Promise<Working> {
  const dir = tempDir();
  const handler = path.join(dir, 'handler.mjs');
  const gate = path.join(dir, 'go');
  fs.writeFileSync(handler, HANDLER);
  const server = await startServer({
    handler,
    args: ['--max-workers', '1', ...args],
    expectErrors: /waitUntil|not finished/,
  });
  const env = { HTTP_X_GO: gate };
  const { body } = await request(server.address(), { path: url, env });
  expect(body.toString()).toBe('answered');
  await server.logged(/^working$/);
  return { server, go: () => fs.writeFileSync(gate, '') };
}

it('waits at a graceful stop for what waitUntil() was given', async () => {
  const { server, go } = await startWorking('/');
  const ended = server.stop();
  await server.logged(/SIGTERM|stop/i);
  expect(server.log.some(({ msg }) => msg === 'worked')).toBe(false);
  expect(server.workers()).toHaveLength(1);
  go();
  expect(await ended).toBe(0);
  expect(server.log.some(({ msg }) => msg === 'worked')).toBe(true);
});

it('waits no longer than --graceful-timeout', async () => {
  const { server } = await startWorking('/', ['--graceful-timeout', '200ms']);
  expect(await server.stop()).toBe(0);
  expect(server.log.some(({ msg }) => msg === 'worked')).toBe(false);
});

it('logs a promise that is rejected, and serves on', async () => {
  const { server, go } = await startWorking('/fail');
  const [worker] = server.workers();
  go();
  const line = await server.logged(/waitUntil\(\) was given is rejected/);
  expect(line).toMatchObject({ level: 'error', request: expect.any(String) as string });
  expect(JSON.stringify(line)).toContain('RangeError: too much work');
  const { status } = await request(server.address(), { env: { HTTP_X_GO: '/' } });
  expect(status).toBe(200);
  expect(server.workers()).toContain(worker);
});
