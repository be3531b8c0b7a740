// A pool that has served and can boot no worker any more: what waits is turned away, and the log tells how
// things stand, until workers boot again.

import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

it('answers 503 while its code is broken, and serves again when it is mended', async () => {
  const state = path.join(tempDir(), 'state');
  const become = (what: string): void => fs.writeFileSync(state, what);
  become('well');
  const server = await startServer({
    handler: 'boots-on-demand.mjs',
    args: ['--min-workers', '0', '--spare-workers', '0', '--boot-timeout', '5s'],
    env: { STATE: state },
    dontWait: true,
    expectErrors: /the database is gone|did not load|SIGKILL/,
  });
  await server.logged(/^listening/);
  const ask = (): ReturnType<typeof request> => request(server.address(), { timeoutMs: 30_000 });
  const { body } = await ask();

  become('fails');
  process.kill(Number(body.toString()), 'SIGKILL');
  await server.logged(/was killed by SIGKILL/);
  const answer = await ask();
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, ['1']]);
  const line = await server.logged(/^answered 503: no worker could be booted .*--boot-timeout/);
  expect(line.level).toBe('warn');
  // Somebody has to ask: nothing else makes this pool boot a worker.
  const isLoop = (): boolean => server.log.some(({ msg }) => msg.startsWith('crash loop: '));
  while (!isLoop()) await Promise.race([ask(), waitFor('the loop', isLoop, 30_000)]);
  const loop = await server.logged(/^crash loop: 5 workers in a row died before/, 20_000);
  expect(loop.msg).toMatch(/; none is ready, next attempt in \d+ ms$/);

  become('well');
  await waitFor(
    'an answer',
    async () => (await ask().catch(() => undefined))?.status === 200,
    30_000,
  );
});
