// A directory of CGI programs behind the real Apache and the real lighttpd, with their files in config/.

import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adaptSample } from '../helpers/config-sample.ts';
import { httpRequest } from '../helpers/load.ts';
import { writeProgram, writeShellProgram } from '../helpers/programs.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { hasProgram } from './front.ts';
import type { WebServer } from './web-servers.ts';
import { APACHE, LIGHTTPD, startWith } from './web-servers.ts';

interface Site {
  web: WebServer;
  /** Its sample in config/, and the words of it in which the port of the upstream is. */
  sample: string;
  upstream: (port: number) => string;
  /** What a whole configuration has before the sample. */
  before: (dir: string, port: number) => string;
}

const SITES: readonly Site[] = [
  {
    web: APACHE,
    sample: 'apache-cgi.conf',
    upstream: (port) => `scgi://127.0.0.1:${port}`,
    before: (dir, port) => `${APACHE.base(dir, port, ['alias'])}\nServerName localhost\n`,
  },
  {
    web: LIGHTTPD,
    sample: 'lighttpd-cgi.conf',
    upstream: (port) => `"port" => ${port},`,
    before: (dir, port) => `${LIGHTTPD.base(dir, port)}\nserver.modules = ()\n`,
  },
];

/** Starts a web server and scgi-server for a directory of programs. @returns where the directory is mounted */
async function startSite(
  { web, sample, upstream, before }: Site,
  programs: string,
): Promise<string> {
  const server = await startServer({ cgi: [`${programs}/`] });
  const address = server.address();
  if (!('port' in address)) throw new Error('expected a server with a port');
  const start = startWith(web, (dir, own, port) => {
    const adapted = adaptSample(sample, [
      [upstream(4001), upstream(port)],
      ['/usr/lib/cgi-bin', programs],
    ]);
    return before(dir, own) + adapted;
  });
  return `${await start(tempDir(), address.port)}/cgi-bin`;
}

/** A folder that the account of a web server can look into. */
function publicDir(): string {
  const dir = tempDir();
  fs.chmodSync(dir, 0o755);
  return dir;
}

for (const site of SITES) {
  const title = `CGI programs behind ${site.web.name}`;
  describe.skipIf(!hasProgram(site.web.command, title))(
    `CGI programs behind ${site.web.name}`,
    () => {
      it('get path, query and body, whatever their names', async () => {
        const dir = publicDir();
        const commands =
          'echo "$SCRIPT_NAME|$PATH_INFO|$QUERY_STRING|$SCRIPT_FILENAME|$HTTP_PROXY"; cat';
        writeShellProgram(commands, 'a b+é.cgi', dir);
        const url = await startSite(site, dir);
        const { status, body } = await httpRequest(`${url}/a%20b+%C3%A9.cgi/c%20d?e=%20f`, {
          method: 'POST',
          body: 'the body',
          headers: { proxy: 'http://192.0.2.1/' },
        });
        expect(status).toBe(200);
        expect(body.toString()).toBe(`/cgi-bin/a b+é.cgi|/c d|e=%20f|${dir}/a b+é.cgi|\nthe body`);
      });

      it('redirect, set cookies and statuses', async () => {
        const dir = publicDir();
        const source = `#!/bin/sh
        printf 'Location: /elsewhere\\nSet-Cookie: a=1\\nSet-Cookie: b=2\\n\\n'`;
        writeProgram(source, 'redirect.cgi', dir);
        writeProgram(`#!/bin/sh\nprintf 'Status: 410 Gone\\n\\n'`, 'gone.cgi', dir);
        const url = await startSite(site, dir);
        const { status, headers } = await httpRequest(`${url}/redirect.cgi`);
        expect(status).toBe(302);
        expect(headers.location).toMatch(/\/elsewhere$/);
        expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
        expect((await httpRequest(`${url}/gone.cgi`)).status).toBe(410);
      });

      it('are not found, or forbidden', async () => {
        const dir = publicDir();
        fs.writeFileSync(`${dir}/data`, 'secret');
        const url = await startSite(site, dir);
        expect((await httpRequest(`${url}/nothing`)).status).toBe(404);
        expect((await httpRequest(`${url}/data`)).status).toBe(403);
      });
    },
  );
}
