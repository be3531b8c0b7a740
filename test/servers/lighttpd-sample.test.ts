// What config/lighttpd.conf promises about paths: whose each of them is.

import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RawHttpRequest } from '../helpers/raw-http.ts';
import { rawHttp } from '../helpers/raw-http.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { hasProgram } from './front.ts';
import { lighttpdSample } from './matrix/fronts.ts';
import { field } from './matrix/case.ts';
import { LIGHTTPD, startWith } from './web-servers.ts';

const TITLE = 'config/lighttpd.conf';

interface Told {
  status: number;
  /** Who answered, and with what path; or the text of a file. */
  body: string;
  location: string | undefined;
}

type Ask = (target: string, request?: RawHttpRequest) => Promise<Told>;

/**
 * Starts lighttpd with files of its own: /blog2/page in its document root, a style sheet beside the
 * application. `change` makes another sample of it.
 */
async function startSite(
  uncomment: readonly string[] = [],
  change: (sample: string) => string = (sample) => sample,
): Promise<Ask> {
  const dir = tempDir();
  const site = tempDir();
  fs.mkdirSync(`${dir}/blog2`);
  fs.writeFileSync(`${dir}/blog2/page`, 'not the application');
  fs.writeFileSync(`${site}/a.css`, 'body {}');
  const server = await startServer({
    handler: 'fronts.mjs',
    args: ['--port', '0', '--mount', '/blog', '--max-workers', '1'],
  });
  const { port } = server.address() as { port: number };
  const start = startWith(LIGHTTPD, (folder, own) => {
    const sample = change(lighttpdSample(server.address(), site, uncomment));
    return `${LIGHTTPD.base(folder, own)}\nserver.modules = ()\n${sample}`;
  });
  const url = new URL(await start(dir, port));
  return async (target, request) => {
    const answer = await rawHttp(Number(url.port), target, request);
    return {
      status: answer.status,
      body: answer.body.toString(),
      location: field(answer, 'location'),
    };
  };
}

describe.skipIf(!hasProgram('lighttpd', TITLE))(
  'an application behind lighttpd, by its sample',
  () => {
    it('gives the application what is below /blog/, and nothing else', async () => {
      const ask = await startSite();
      for (const [target, path] of [
        ['/blog/env', '/env'],
        ['/blog/env/', '/env/'],
        ['//blog//env//x', '/env/x'],
        ['/%62log/env', '/env'],
        ['/blog2/../blog/env', '/env'],
        ['/blog/static/../env', '/env'],
        ['/blog/env/static/a.css', '/env/static/a.css'],
      ] as const) {
        const { status, body } = await ask(target);
        expect({ target, status }).toEqual({ target, status: 200 });
        const env = JSON.parse(body) as Record<string, string>;
        expect({ target, env }).toMatchObject({ env: { SCRIPT_NAME: '/blog', PATH_INFO: path } });
      }
      expect(await ask('/blog2/page')).toMatchObject({ status: 200, body: 'not the application' });
      for (const target of ['/blog2/env', '/blogs/env', '/env', '/blog/../env', '/x/blog/env']) {
        expect({ target, ...(await ask(target)) }).toMatchObject({ target, status: 404 });
      }
    });

    it('sends a browser from /blog to /blog/, with query and method', async () => {
      const ask = await startSite();
      expect(await ask('/blog')).toMatchObject({ status: 308, location: '/blog/' });
      const post = await ask('/blog?a=1&b=2', { method: 'POST', body: Buffer.from('c') });
      expect(post).toMatchObject({ status: 308, location: '/blog/?a=1&b=2' });
    });

    it('serves /blog/static/ from disk, and nothing outside of that folder', async () => {
      const ask = await startSite();
      expect(await ask('/blog/static/a.css')).toMatchObject({ status: 200, body: 'body {}' });
      for (const target of [
        '/blog/static/missing.css',
        '/blog/static/%2e%2e/%2e%2e/etc/passwd',
        '/blog/static/..%2f..%2fetc/passwd',
        '/blog/static//../../../etc/passwd',
      ]) {
        expect({ target, ...(await ask(target)) }).toMatchObject({ target, status: 404 });
      }
    });

    it('answers 504 when the application is silent for longer than read-timeout', async () => {
      const ask = await startSite([], (sample) =>
        sample.replace('"read-timeout" => 60', '"read-timeout" => 1'),
      );
      expect(await ask('/blog/silent')).toMatchObject({ status: 504 });
    });

    it('takes 30 KB of header lines by the line that is commented out', async () => {
      const ask = await startSite(['server.max-request-field-size = 32768']);
      const { status, body } = await ask('/blog/env', {
        lines: [`Cookie: a=${'x'.repeat(30_000)}`],
      });
      expect(status).toBe(200);
      expect((JSON.parse(body) as Record<string, string>)['HTTP_COOKIE']).toHaveLength(30_002);
    });
  },
);
