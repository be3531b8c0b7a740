// Programs that look after log files, and those that read them: logrotate with its file in config/, AWStats.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adaptSample } from '../helpers/config-sample.ts';
import { programPath } from '../helpers/foreground.ts';
import { httpRequest } from '../helpers/load.ts';
import { startNginx } from '../helpers/nginx.ts';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { hasFiles, hasNginx, hasProgram } from './front.ts';

const AWSTATS = '/usr/lib/cgi-bin/awstats.pl';

const read = (file: string): string => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
const count = (text: string): number => text.split('\n').length - 1;

it.skipIf(!hasProgram('logrotate', 'config/logrotate.conf'))(
  'logrotate changes both files, by config/logrotate.conf, and no line is lost',
  async () => {
    const dir = tempDir();
    const [log, access, pid] = ['app.log', 'access.log', 'app.pid'].map((name) => `${dir}/${name}`);
    const form = ['--socket', `${dir}/socket`, '--log-format', 'text', '--access-log', 'all'];
    const server = await startServer({
      args: [...form, '--log-file', log!, '--access-log-file', access!, '--pid-file', pid!],
      dontWait: true,
    });
    await waitFor('the server', () => read(log!).includes('is ready'), 20_000);
    const config = path.join(dir, 'logrotate.conf');
    const sample = adaptSample('logrotate.conf', [
      ['/var/log/app/', `${dir}/`],
      ['/run/app.pid', pid!],
    ]);
    // A file that others may write is none of root's.
    fs.writeFileSync(config, sample, { mode: 0o600 });
    const rotate = (): void => {
      const args = ['--force', '--state', `${dir}/state`, config];
      execFileSync(programPath('logrotate') ?? '', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    };
    for (const round of [1, 2]) {
      for (let n = 0; n < 5; n++) await request({ path: `${dir}/socket` });
      await waitFor('the lines', () => count(read(access!)) === 5);
      rotate();
      await waitFor('the new files', () => /--access-log-file was opened/.test(read(log!)), 5_000);
      expect(count(read(`${access}.1`)), `round ${round}`).toBe(5);
    }
    expect(read(`${log}.1`)).toMatch(/--access-log-file was opened anew/);
    expect(fs.existsSync(`${access}.2.gz`)).toBe(true);
    expect(await server.stop()).toBe(0);
    expect(read(log!)).toMatch(/stopped exitCode=0/);
  },
);

const TITLE = 'a log of requests';
describe.skipIf(!hasNginx(TITLE) || !hasFiles(TITLE, AWSTATS))(`${TITLE}, behind nginx`, () => {
  it('is read by AWStats, line by line, and has the ids of nginx', async () => {
    const dir = tempDir();
    const access = path.join(dir, 'requests.log');
    const args = ['--access-log', 'all', '--access-log-format', 'combined'];
    const handler = 'kitchen.mjs';
    const server = await startServer({ handler, args: [...args, '--access-log-file', access] });
    const uncomment = ['scgi_param HTTP_X_REQUEST_ID $request_id;'];
    const nginx = await startNginx({ dir, upstream: server.address(), uncomment });
    onTestFinished(() => nginx.stop());
    const { url } = nginx;
    const agents = [
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'odd "quoted" \\ agent \xe9\t[x]',
      '',
    ];
    for (const agent of agents) {
      for (const page of ['/hello', '/hello?q=%22a b%22'.replace(' ', '+'), '/404', '/redirect']) {
        const headers = { 'user-agent': agent, referer: 'https://www.example.com/from?x="y"' };
        await httpRequest(url + page, { headers });
      }
    }
    const headers = { 'x-request-id': 'the-browsers-own' };
    const context = await httpRequest(`${url}/context`, { headers });
    expect(JSON.parse(context.body.toString())).toMatchObject({
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
    await waitFor('all lines', () => count(read(access)) === 13);
    expect(read(access)).toMatch(
      /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/hello HTTP\/1\.1" 200 6 "https:\/\/www\.example\.com\/from\?x=\\"y\\"" "Mozilla\/5\.0 /,
    );

    fs.writeFileSync(
      `${dir}/awstats.site.conf`,
      `LogFile="${access}"\nLogType=W\nLogFormat=1\nSiteDomain="site.example"\n` +
        `HostAliases="localhost"\nDirData="${dir}"\nDNSLookup=0\nDirLang="/usr/share/awstats/lang"\n`,
    );
    const update = [AWSTATS, '-config=site', `-configdir=${dir}`, '-update'];
    const found = execFileSync('perl', update, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(found).toMatch(/Parsed lines in file: 13\n/);
    expect(found).toMatch(/Found 0 corrupted records/);
    expect(found).toMatch(/Found 13 new qualified records/);
  });
});
