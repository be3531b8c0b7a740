// How long requests wait between nginx and a worker, by the time stamp of config/nginx.conf.

import { expect, it, onTestFinished } from 'vitest';
import { httpRequest } from '../helpers/load.ts';
import { startNginx } from '../helpers/nginx.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { hasNginx } from './front.ts';

const STAMP = 'scgi_param HTTP_X_REQUEST_START "t=$msec";';
/** How long the only worker is busy. */
const BUSY_MS = 400;

it.skipIf(!hasNginx('queue times'))(
  'are measured by the clock of nginx, whatever stamp a browser sends',
  async () => {
    const args = ['--request-start', '--max-workers', '1', '--log-level', 'debug'];
    const server = await startServer({ handler: 'kitchen.mjs', args });
    const nginx = await startNginx({
      dir: tempDir(),
      upstream: server.address(),
      uncomment: [STAMP],
    });
    onTestFinished(() => nginx.stop());
    const busy = httpRequest(`${nginx.url}/hold?ms=${BUSY_MS}`);
    await server.logged(/^holding$/);
    const headers = { 'X-Request-Start': 't=1' };
    expect((await httpRequest(`${nginx.url}/hello`, { headers })).status).toBe(200);
    await busy;
    await server.stop();
    const { queuedMs, requests } = await server.logged(/^counted$/);
    expect(requests).toMatchObject({ timed: 2, queued: 2 });
    // nginx reads its clock a moment before, at times.
    expect(queuedMs).toBeGreaterThan(BUSY_MS / 4);
    expect(queuedMs).toBeLessThan(60_000);
  },
);
