import { expect, it } from 'vitest';
import { runLoad } from '../helpers/load.ts';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';

// One worker serves them one after the other, often in one run of its event loop.
it('starts each handler with an AsyncLocalStorage that no other request has touched', async () => {
  const args = ['--max-workers', '1', '--concurrency', '2'];
  const server = await startServer({ handler: 'leaves-context.mjs', args });
  const paths = ['/sync', '/run', '/async'];
  const found: string[] = [];
  const exchange = async (n: number): Promise<void> => {
    const { body } = await request(server.address(), { path: paths[n % 3] ?? '' });
    found.push(body.toString());
  };
  await runLoad(exchange, { clients: 8, goOn: (begun) => begun < 300 });
  expect([found.length, ...new Set(found)]).toEqual([300, 'nothing']);
});
