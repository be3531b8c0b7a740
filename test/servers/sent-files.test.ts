// Files that the web server sends, at the word of an application behind it.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import type { HttpAnswer, HttpRequest } from '../helpers/load.ts';
import { httpRequest } from '../helpers/load.ts';
import { startNginx } from '../helpers/nginx.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { ROOT, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { hasProgram } from './front.ts';
import { APACHE, LIGHTTPD, startWith } from './web-servers.ts';

const APP = path.join(ROOT, 'test/fixtures/apps/sends-files.mjs');

const CONTENT = 'a,b\n'.repeat(50_000);

interface Site {
  server: RunningServer;
  get: (path: string, request?: HttpRequest) => Promise<HttpAnswer>;
}

/** A web server that sends files, and the field that tells it of them. */
interface Sender {
  name: string;
  command: string;
  mode: 'nginx' | 'apache' | 'lighttpd';
  field: string;
  /** What stands in the field before the name of a file in `dir`. */
  from: (dir: string) => string;
  /** How the file "a b.csv" is called there. */
  called: string;
  /** Starts it, in front of the application at `port`. @returns its URL */
  start: (dir: string, port: number) => Promise<string>;
  /** It tells how long the file is, and sends parts of it. */
  hasRanges: boolean;
  /** Its answers where there is no such file, and where it is not to be sent. */
  refusals: { missing: number; outside: number };
}

const NGINX: Sender = {
  name: 'nginx',
  command: 'nginx',
  mode: 'nginx',
  field: 'X-Accel-Redirect',
  from: () => '/files/',
  called: 'a%20b.csv',
  start: async (dir, port) => {
    const anchor = '        location /stream {';
    const location = `        location /files/ { internal; alias ${dir}/; }`;
    const nginx = await startNginx({
      dir,
      upstream: { host: '127.0.0.1', port },
      replacements: [[anchor, `${location}\n${anchor}`]],
    });
    onTestFailed(() => console.error(`error log of nginx:\n${nginx.errorLog()}`));
    onTestFinished(() => nginx.stop());
    return nginx.url;
  },
  hasRanges: true,
  refusals: { missing: 404, outside: 404 },
};

const APACHE_SENDER: Sender = {
  name: 'Apache',
  command: APACHE.command,
  mode: 'apache',
  field: 'X-Sendfile',
  from: (dir) => `${dir}/`,
  called: 'a b.csv',
  start: startWith(
    APACHE,
    (dir, own, port) => `
      ${APACHE.base(dir, own, ['env'])}
      ServerName front.example
      ProxyPass "/" "scgi://127.0.0.1:${port}/"
      ProxySCGISendfile On
      <Location "/">
        # It believes a length, and sends the whole file all the same.
        SetEnv ap_trust_cgilike_cl 1
      </Location>
      <Directory "/">
        Require all denied
      </Directory>
      <Directory "${dir}">
        Require all granted
      </Directory>
    `,
  ),
  hasRanges: false,
  refusals: { missing: 500, outside: 500 },
};

const lighttpd = (field: string): Sender => ({
  name: `lighttpd, by ${field}`,
  command: LIGHTTPD.command,
  mode: 'lighttpd',
  field,
  from: (dir) => `${dir}/`,
  called: 'a%20b.csv',
  start: startWith(
    LIGHTTPD,
    (dir, own, port) => `
      ${LIGHTTPD.base(dir, own)}
      server.modules = ("mod_scgi")
      scgi.server = ("/" => ((
        "host" => "127.0.0.1", "port" => ${port},
        "check-local" => "disable", "fix-root-scriptname" => "enable",
        "x-sendfile" => "enable", "x-sendfile-docroot" => ("${dir}")
      )))
    `,
  ),
  hasRanges: true,
  refusals: { missing: 404, outside: 403 },
});

const SENDERS = [NGINX, APACHE_SENDER, lighttpd('X-Sendfile'), lighttpd('X-LIGHTTPD-send-file')];

async function startSite(sender: Sender, options: string[]): Promise<Site> {
  const dir = tempDir();
  // Also for the account of a web server.
  fs.chmodSync(dir, 0o755);
  for (const name of ['a b.csv', 'report.csv']) fs.writeFileSync(path.join(dir, name), CONTENT);
  const env = [`SEND_FIELD=${sender.field}`, `SEND_FROM=${sender.from(dir)}`];
  const args = ['--port', '0', ...options, '--env', env[0] ?? '', '--env', env[1] ?? ''];
  const server = await startServer({ handler: APP, args });
  const { port } = server.address() as { port: number };
  const url = await sender.start(dir, port);
  // One connection for all: an answer that is longer than it says would spoil the next.
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const get = (asked: string, request: HttpRequest = {}): Promise<HttpAnswer> =>
    httpRequest(`${url}${asked}`, { agent, ...request });
  return { server, get };
}

/** Nobody outside is to learn where files are. */
function expectNoTrace({ headers }: HttpAnswer): void {
  const names = Object.keys(headers).filter((name) =>
    /x-sendfile|x-accel|lighttpd-send/.test(name),
  );
  expect(names).toEqual([]);
}

describe.each(SENDERS)('an application behind $name', (sender) => {
  const title = `files sent by ${sender.name}`;
  it.skipIf(!hasProgram(sender.command, title))('has it send files', async () => {
    const { server, get } = await startSite(sender, ['--sendfile', sender.mode]);
    const length = sender.hasRanges ? String(CONTENT.length) : undefined;
    const expected = {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': expect.stringMatching(/^attachment; .*report\.csv/),
      'set-cookie': ['seen=1; Path=/'],
    };

    const file = `/file/${encodeURIComponent(sender.called)}`;

    const whole = await get(file);
    expect([whole.status, whole.body.toString() === CONTENT]).toEqual([200, true]);
    expect(whole.headers).toMatchObject(expected);
    expect(whole.headers['content-length']).toBe(length);
    expectNoTrace(whole);

    const head = await get(file, { method: 'HEAD' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers).toMatchObject(expected);
    expect(head.headers['content-length']).toBe(length);

    const part = await get(file, { headers: { range: 'bytes=2-5' } });
    const found = { status: part.status, body: part.body.toString() };
    expect(found).toEqual(
      sender.hasRanges ? { status: 206, body: 'b\na,' } : { status: 200, body: CONTENT },
    );

    // What the application has written beside it is not sent, nor how long that is.
    const beside = await get('/fallback');
    expect(beside.body.toString()).toBe(CONTENT);
    expect(server.log.filter(({ msg }) => msg.startsWith('GET '))).toEqual([]);

    const { missing, outside } = sender.refusals;
    expect((await get('/file/none.csv')).status).toBe(missing);
    expect((await get('/outside')).status).toBe(outside);
  });
});

describe.each([NGINX, APACHE_SENDER, lighttpd('X-Sendfile')])(
  'an application behind $name',
  (sender) => {
    const title = `files sent by ${sender.name}`;
    it.skipIf(!hasProgram(sender.command, title))('has none sent by default', async () => {
      const { server, get } = await startSite(sender, []);
      const { status, headers, body } = await get('/fallback');
      expect([status, body.toString()]).toEqual([200, 'no file']);
      expect(headers['content-length']).toBe('7');
      expectNoTrace({ status, headers, body });
      const { msg, level } = await server.logged(/dropped/);
      expect([msg, level]).toEqual([
        expect.stringMatching(`dropped ${sender.field}, which takes .*--sendfile ${sender.mode}`),
        'warn',
      ]);
    });
  },
);
