// A directory of CGI programs behind the real Apache and the real lighttpd, with their files in config/.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { httpRequest } from '../helpers/load.ts';
import { freePort, takesConnections } from '../helpers/nginx.ts';
import { writeProgram, writeShellProgram } from '../helpers/programs.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { hasPrograms } from './front.ts';

const CONFIG_DIR = fileURLToPath(new URL('../../config/', import.meta.url));

interface WebServer {
  name: string;
  /** Its program, and the sample in config/. */
  program: string;
  sample: string;
  /** The words of the sample in which the address of the upstream is. */
  upstream: (port: number) => string;
  /** What a whole configuration has around the sample. */
  around: (dir: string, port: number) => string;
  /** Arguments, for a configuration file. */
  args: (file: string) => string[];
}

const APACHE: WebServer = {
  name: 'Apache',
  program: '/usr/sbin/apache2',
  sample: 'apache-cgi.conf',
  upstream: (port) => `scgi://127.0.0.1:${port}`,
  around: (dir, port) =>
    ['mpm_event', 'authz_core', 'alias', 'proxy', 'proxy_scgi']
      .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`)
      .join('') +
    `ServerName localhost\nListen 127.0.0.1:${port}\nPidFile ${dir}/pid\n` +
    `ErrorLog ${dir}/error.log\nDefaultRuntimeDir ${dir}\nUser www-data\nGroup www-data\n`,
  args: (file) => ['-DFOREGROUND', '-f', file],
};

const LIGHTTPD: WebServer = {
  name: 'lighttpd',
  program: '/usr/sbin/lighttpd',
  sample: 'lighttpd-cgi.conf',
  upstream: (port) => `"port" => ${port},`,
  around: (dir, port) =>
    `server.modules = ()\nserver.document-root = "${dir}"\nserver.bind = "127.0.0.1"\n` +
    `server.port = ${port}\nserver.errorlog = "${dir}/error.log"\n`,
  args: (file) => ['-D', '-f', file],
};

/** Starts a web server and scgi-server for a directory of programs. @returns where the directory is mounted */
async function startSite(web: WebServer, programs: string): Promise<string> {
  const server = await startServer({ cgi: [`${programs}/`] });
  const [dir, port] = [tempDir(), await freePort()];
  const file = path.join(dir, 'web-server.conf');
  fs.writeFileSync(file, web.around(dir, port) + adapt(web, { server, programs }));

  const child = spawn(web.program, web.args(file), { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  }
  const ended = once(child, 'close');
  onTestFailed(() => {
    const log = path.join(dir, 'error.log');
    console.error(
      `${web.name} says:\n${said}${fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : ''}`,
    );
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await waitFor(`${web.name} on port ${port}`, () => takesConnections(port));
  return `http://127.0.0.1:${port}/cgi-bin`;
}

/** The sample as it stands, but for the address and the directory. */
function adapt(web: WebServer, site: { server: RunningServer; programs: string }): string {
  const address = site.server.address();
  if (!('port' in address)) throw new Error('expected a server with a port');
  const text = fs.readFileSync(path.join(CONFIG_DIR, web.sample), 'utf8');
  const [before, after, ...more] = text.split(web.upstream(4001));
  if (after === undefined || more.length > 0 || !text.includes('/usr/lib/cgi-bin')) {
    throw new Error(`config/${web.sample} does not have the upstream and the directory once`);
  }
  const adapted = before + web.upstream(address.port) + after;
  return adapted.replaceAll('/usr/lib/cgi-bin', site.programs);
}

/** A folder that the account of a web server can look into. */
function publicDir(): string {
  const dir = tempDir();
  fs.chmodSync(dir, 0o755);
  return dir;
}

for (const web of [APACHE, LIGHTTPD]) {
  const title = `CGI programs behind ${web.name}`;
  describe.skipIf(!hasPrograms(title, web.program))(`CGI programs behind ${web.name}`, () => {
    it('get path, query and body, whatever their names', async () => {
      const dir = publicDir();
      const commands =
        'echo "$SCRIPT_NAME|$PATH_INFO|$QUERY_STRING|$SCRIPT_FILENAME|$HTTP_PROXY"; cat';
      writeShellProgram(commands, 'a b+é.cgi', dir);
      const url = await startSite(web, dir);
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
      const url = await startSite(web, dir);
      const { status, headers } = await httpRequest(`${url}/redirect.cgi`);
      expect(status).toBe(302);
      expect(headers.location).toMatch(/\/elsewhere$/);
      expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
      expect((await httpRequest(`${url}/gone.cgi`)).status).toBe(410);
    });

    it('are not found, or forbidden', async () => {
      const dir = publicDir();
      fs.writeFileSync(`${dir}/data`, 'secret');
      const url = await startSite(web, dir);
      expect((await httpRequest(`${url}/nothing`)).status).toBe(404);
      expect((await httpRequest(`${url}/data`)).status).toBe(403);
    });
  });
}
