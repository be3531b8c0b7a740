// What config/apache.conf promises beside the matrix: its own files, and no outage after an error.

import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { httpRequest } from '../helpers/load.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { freePort } from '../helpers/tcp-port.ts';
import { hasProgram } from './front.ts';
import { apacheSample } from './matrix/fronts.ts';
import { APACHE, startWith } from './web-servers.ts';

const TITLE = 'config/apache.conf';

/** Starts Apache in front of a port. @returns its URL */
function startSite(port: number, files: string): Promise<string> {
  const start = startWith(
    APACHE,
    (dir, own) => `
      ${APACHE.base(dir, own, ['alias', 'env'])}
      ServerName localhost
      ${apacheSample({ port }, files, own)}
    `,
  );
  return start(tempDir(), port);
}

const startApplication = (port: number): ReturnType<typeof startServer> =>
  startServer({
    handler: 'fronts.mjs',
    args: ['--port', String(port), '--mount', '/', '--max-workers', '1'],
    expectErrors: /was killed by SIGKILL/,
  });

describe.skipIf(!hasProgram('apache2', TITLE))(TITLE, () => {
  it('serves /static from disk, and gives the application what only looks like it', async () => {
    const files = tempDir();
    fs.chmodSync(files, 0o755);
    fs.writeFileSync(`${files}/a.css`, 'body {}');
    const port = await freePort();
    await startApplication(port);
    const url = await startSite(port, files);
    expect((await httpRequest(`${url}/static/a.css`)).body.toString()).toBe('body {}');
    expect((await httpRequest(`${url}/static/missing`)).status).toBe(404);
    const { body } = await httpRequest(`${url}/env/static/a.css`);
    expect(JSON.parse(body.toString())).toMatchObject({ PATH_INFO: '/env/static/a.css' });
  });

  it('asks again at the next request when the application was away, or broke off', async () => {
    const port = await freePort();
    const url = await startSite(port, tempDir());
    expect((await httpRequest(`${url}/env`)).status).toBe(503);
    await startApplication(port);
    expect((await httpRequest(`${url}/env`)).status).toBe(200);

    expect((await httpRequest(`${url}/die-silently`)).status).toBe(500);
    expect((await httpRequest(`${url}/env`)).status).toBe(200);
  });
});
