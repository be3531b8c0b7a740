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

/** Starts Apache in front of a port; `change` makes another sample of it. @returns its URL */
function startSite(
  port: number,
  files: string,
  change: (sample: string) => string = (sample) => sample,
): Promise<string> {
  const start = startWith(
    APACHE,
    (dir, own) => `
      ${APACHE.base(dir, own, ['alias', 'env'])}
      ServerName localhost
      ${change(apacheSample({ port }, files, own))}
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

describe.skipIf(!hasProgram('apache2', TITLE))(
  'an application behind Apache, by its sample',
  () => {
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
      // Many, since each process of Apache keeps what it thinks of the application to itself.
      const statuses = (path: string): Promise<number[]> =>
        Promise.all(Array.from({ length: 40 }, async () => (await httpRequest(url + path)).status));
      expect(new Set(await statuses('/env'))).toEqual(new Set([503]));
      await startApplication(port);
      expect(new Set(await statuses('/env'))).toEqual(new Set([200]));

      for (let n = 0; n < 4; n += 1) {
        expect((await httpRequest(`${url}/die-silently`)).status).toBe(500);
      }
      expect(new Set(await statuses('/env'))).toEqual(new Set([200]));
    });

    it('answers 504 when the application is silent for longer than ProxyTimeout', async () => {
      const port = await freePort();
      await startApplication(port);
      const url = await startSite(port, tempDir(), (sample) =>
        sample.replace('ProxyTimeout 60', 'ProxyTimeout 1'),
      );
      expect((await httpRequest(`${url}/silent`)).status).toBe(504);
    });
  },
);
