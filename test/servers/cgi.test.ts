// CGI programs of all kinds behind the real nginx, with config/nginx-cgi.conf: scripts of the shell and
// of Perl, PHP, and what Debian's packages bring: AWStats, gitweb, git's own server.

import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { httpRequest } from '../helpers/load.ts';
import type { Replacement } from '../helpers/config-sample.ts';
import { startNginx, upstreamAt } from '../helpers/nginx.ts';
import { writeProgram, writeShellProgram } from '../helpers/programs.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { hasNginx, hasFiles } from './front.ts';

const TITLE = 'CGI programs behind nginx';
const AWSTATS = '/usr/lib/cgi-bin/awstats.pl';
const GITWEB = '/usr/share/gitweb/gitweb.cgi';
const GIT = '/usr/lib/git-core/git-http-backend';
const PHP = '/usr/bin/php-cgi';

/** Ports of the upstreams in the configuration. */
const PORTS = { cgiBin: 4001, gitweb: 4002, git: 4003, php: 4004 } as const;

interface Site {
  url: string;
  server: RunningServer;
}

/** Starts the server of one upstream, and nginx. */
async function startSite(
  upstream: keyof typeof PORTS,
  cgi: readonly string[],
  options: { args?: string[]; replacements?: readonly Replacement[] } = {},
): Promise<Site> {
  const dir = tempDir();
  const args = ['--socket', `${dir}/app.sock`, ...(options.args ?? [])];
  const server = await startServer({ cgi, args, expectErrors: /the handler failed/ });
  const replacements = [
    upstreamAt(PORTS[upstream], server.address()),
    ...(options.replacements ?? []),
  ];
  const nginx = await startNginx({ dir, file: 'nginx-cgi.conf', replacements });
  onTestFailed(() => console.error(`error log of nginx:\n${nginx.errorLog()}`));
  onTestFinished(() => nginx.stop());
  return { url: nginx.url, server };
}

/** A site whose /cgi-bin/ is a directory of the test's own, with these programs. */
async function startCgiBin(write: (dir: string) => void): Promise<Site> {
  const parent = tempDir();
  write(`${parent}/cgi-bin`);
  return startSite('cgiBin', [`${parent}/cgi-bin/`], {
    replacements: [
      [
        'SCRIPT_FILENAME /usr/lib$fastcgi_script_name',
        `SCRIPT_FILENAME ${parent}$fastcgi_script_name`,
      ],
    ],
  });
}

/** A site of PHP files. */
async function startPhp(files: Record<string, string>): Promise<Site> {
  const root = tempDir();
  fs.chmodSync(root, 0o755);
  for (const [name, source] of Object.entries(files))
    fs.writeFileSync(path.join(root, name), source);
  return startSite('php', [PHP], { replacements: [['root /var/www/html;', `root ${root};`]] });
}

const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', HOME: cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** A folder with the bare repository app.git of one commit, which whoever serves it may read. */
function repositories(files: Record<string, string | Buffer>): string {
  const dir = tempDir();
  fs.chmodSync(dir, 0o755);
  const work = path.join(dir, 'work');
  git(dir, 'init', '--quiet', '--initial-branch=main', work);
  for (const [name, content] of Object.entries(files)) {
    fs.writeFileSync(path.join(work, name), content);
  }
  git(work, 'add', '.');
  git(work, 'commit', '--quiet', '--message', 'The first commit');
  git(dir, 'clone', '--quiet', '--bare', work, 'app.git');
  return dir;
}

describe.skipIf(!hasNginx(TITLE))('CGI programs behind nginx', () => {
  it('run in the shell, and get path, query and body', async () => {
    const { url } = await startCgiBin((dir) => {
      writeShellProgram(
        'echo "$REQUEST_METHOD $SCRIPT_NAME $PATH_INFO $QUERY_STRING $HTTP_PROXY."; cat',
        'echo.sh',
        dir,
      );
    });
    const { status, headers, body } = await httpRequest(`${url}/cgi-bin/echo.sh/a%20b?c=d`, {
      method: 'POST',
      body: 'the body',
      headers: { proxy: 'http://192.0.2.1/' },
    });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain');
    expect(body.toString()).toBe('POST /cgi-bin/echo.sh /a b c=d .\nthe body');
  });

  it('run in Perl, with an upload of 5 MB echoed', async () => {
    const { url } = await startCgiBin((dir) => {
      const source = `#!/usr/bin/perl
        binmode STDIN; binmode STDOUT; local $/;
        my $body = <STDIN>;
        print "Content-Type: application/octet-stream\n\n$body";`;
      writeProgram(source, 'echo.pl', dir);
    });
    const body = randomBytes(5_000_000);
    const answer = await httpRequest(`${url}/cgi-bin/echo.pl`, { method: 'PUT', body });
    expect(answer.status).toBe(200);
    expect(answer.body.equals(body)).toBe(true);
  });

  it('may write their head before they read an upload of 5 MB', async () => {
    const { url } = await startCgiBin((dir) => writeShellProgram('wc -c', 'count.sh', dir));
    const body = randomBytes(5_000_000);
    const answer = await httpRequest(`${url}/cgi-bin/count.sh`, { method: 'POST', body });
    expect(answer.body.toString().trim()).toBe('5000000');
  });

  it('redirect, set cookies and statuses', async () => {
    const { url } = await startCgiBin((dir) => {
      const source = `#!/bin/sh
        printf 'Location: /elsewhere\nSet-Cookie: a=1\nSet-Cookie: b=2\n\n'`;
      writeProgram(source, 'redirect.cgi', dir);
    });
    const { status, headers } = await httpRequest(`${url}/cgi-bin/redirect.cgi`);
    expect(status).toBe(302);
    expect(headers.location).toBe('/elsewhere');
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('are not found, or forbidden, and no file outside can be asked for', async () => {
    const { url, server } = await startCgiBin((dir) => {
      writeShellProgram('', 'a.cgi', dir);
      fs.writeFileSync(`${dir}/data`, 'secret');
      fs.symlinkSync('/bin/ls', `${dir}/ls`);
    });
    expect((await httpRequest(`${url}/cgi-bin/nothing`)).status).toBe(404);
    expect((await httpRequest(`${url}/cgi-bin/data`)).status).toBe(403);
    expect((await httpRequest(`${url}/cgi-bin/ls`)).status).toBe(403);
    // nginx resolves it, and the rest is then no path of /cgi-bin/.
    expect((await httpRequest(`${url}/cgi-bin/%2e%2e/%2e%2e/bin/ls`)).status).not.toBe(200);
    await server.logged(/^403, no program: .*ls leads out of/);
  });

  it('are ended when the browser goes away', async () => {
    const said = path.join(tempDir(), 'said');
    const { url } = await startCgiBin((dir) => {
      const source = `trap 'echo TERM > ${said}; exit' TERM; sleep 30 & wait`;
      writeShellProgram(source, 'slow.cgi', dir);
    });
    await expect(httpRequest(`${url}/cgi-bin/slow.cgi`, { timeoutMs: 500 })).rejects.toThrow(
      'silence',
    );
    await waitFor('TERM', () => fs.existsSync(said));
  });
});

describe.skipIf(!hasNginx(TITLE) || !hasFiles(`PHP in ${TITLE}`, PHP))(`PHP in ${TITLE}`, () => {
  it('answers with headers, cookies and a status of its own', async () => {
    const { url } = await startPhp({
      'hello.php': `<?php
        http_response_code(201);
        setcookie('a', '1');
        header('X-Name: ' . $_GET['name']);
        echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['PHP_SELF'], ' ', getcwd() === __DIR__ ? 'here' : getcwd();`,
    });
    const { status, headers, body } = await httpRequest(`${url}/hello.php?name=Ann`);
    expect(status).toBe(201);
    expect(headers['set-cookie']).toEqual(['a=1']);
    expect(headers['x-name']).toBe('Ann');
    expect(body.toString()).toBe('GET /hello.php here');
  });

  it('takes a form with an upload', async () => {
    const { url } = await startPhp({
      'upload.php': `<?php
        $file = $_FILES['file'];
        echo $_POST['title'], ' ', $file['name'], ' ', $file['size'], ' ', md5_file($file['tmp_name']);`,
    });
    const form = new FormData();
    form.set('title', 'grüße');
    const content = randomBytes(100_000);
    form.set('file', new Blob([content]), 'x.bin');
    const answer = await fetch(`${url}/upload.php`, { method: 'POST', body: form });
    const md5 = createHash('md5').update(content).digest('hex');
    expect(await answer.text()).toBe(`grüße x.bin 100000 ${md5}`);
  });

  it('answers 404 for a file that is not there, and runs no upload', async () => {
    const { url } = await startPhp({ 'image.jpg': '<?php echo "run";' });
    expect((await httpRequest(`${url}/nothing.php`)).status).toBe(404);
    expect((await httpRequest(`${url}/image.jpg/x.php`)).status).toBe(404);
  });
});

describe.skipIf(!hasNginx(TITLE) || !hasFiles(`AWStats in ${TITLE}`, AWSTATS))(
  `AWStats in ${TITLE}`,
  () => {
    it('shows the statistics of a log', async () => {
      const dir = tempDir();
      const time = '10/Oct/2025:13:55:36 +0000';
      const lines = Array.from(
        { length: 50 },
        (_, i) =>
          `192.0.2.${i} - - [${time}] "GET /page-${i % 5}.html HTTP/1.1" 200 1234 "-" "T/1"`,
      );
      fs.writeFileSync(`${dir}/access.log`, `${lines.join('\n')}\n`);
      fs.writeFileSync(
        `${dir}/awstats.site.conf`,
        `LogFile="${dir}/access.log"\nLogType=W\nLogFormat=1\nSiteDomain="site.example"\n` +
          `HostAliases="localhost"\nDirData="${dir}"\nDirIcons="/awstats-icon"\nDNSLookup=0\nUseFramesWhenCGI=0\n` +
          `DirLang="/usr/share/awstats/lang"\n`,
      );
      const update = ['-config=site', `-configdir=${dir}`, '-update'];
      execFileSync('perl', [AWSTATS, ...update], { stdio: ['ignore', 'ignore', 'pipe'] });

      const variable = 'AWSTATS_ENABLE_CONFIG_DIR';
      const { url } = await startSite('cgiBin', ['/usr/lib/cgi-bin/'], {
        args: ['--env', `${variable}=${dir}`, '--pass-env', variable],
      });
      const query = `config=site&configdir=${dir}&month=10&year=2025`;
      const page = await httpRequest(`${url}/cgi-bin/awstats.pl?${query}`, { timeoutMs: 30_000 });
      expect(page.status).toBe(200);
      expect(page.headers['content-type']).toMatch(/^text\/html/);
      const text = page.body.toString();
      expect(text).toContain('Statistics for site.example');
      expect(text).toContain('/page-3.html');
      expect(text).toContain('</html>');
      expect((await httpRequest(`${url}/awstats-icon/other/vu.png`)).status).toBe(200);
    });
  },
);

const hasGit = hasFiles(`git in ${TITLE}`, GITWEB, GIT);
describe.skipIf(!hasNginx(TITLE) || !hasGit)(`git in ${TITLE}`, () => {
  it('is browsed with gitweb', async () => {
    const dir = repositories({ 'hello.txt': 'hello from the repository\n' });
    fs.writeFileSync(`${dir}/gitweb.conf`, `$projectroot = "${dir}";\n@diff_opts = ();\n1;\n`);
    const { url } = await startSite('gitweb', [GITWEB], {
      replacements: [['/etc/gitweb.conf', `${dir}/gitweb.conf`]],
    });
    const projects = await httpRequest(`${url}/gitweb/`, { timeoutMs: 30_000 });
    expect(projects.status).toBe(200);
    expect(projects.body.toString()).toContain('app.git');
    const log = await httpRequest(`${url}/gitweb/?p=app.git;a=log`, { timeoutMs: 30_000 });
    expect(log.body.toString()).toContain('The first commit');
    const plain = `${url}/gitweb/app.git/blob_plain/HEAD:/hello.txt`;
    expect((await httpRequest(plain, { timeoutMs: 30_000 })).body.toString()).toBe(
      'hello from the repository\n',
    );
    expect((await httpRequest(`${url}/gitweb/?p=nothing.git`, { timeoutMs: 30_000 })).status).toBe(
      404,
    );
    expect((await httpRequest(`${url}/gitweb/static/gitweb.css`)).status).toBe(200);
  });

  it('is cloned, and pushed to', async () => {
    const content = randomBytes(3_000_000);
    const dir = repositories({ 'large.bin': content });
    git(`${dir}/app.git`, 'config', 'http.receivepack', 'true');
    const { url } = await startSite('git', [GIT], {
      replacements: [['GIT_PROJECT_ROOT /var/lib/git', `GIT_PROJECT_ROOT ${dir}`]],
    });
    const copy = path.join(dir, 'copy');
    git(dir, 'clone', '--quiet', `${url}/git/app.git`, copy);
    expect(fs.readFileSync(path.join(copy, 'large.bin')).equals(content)).toBe(true);

    fs.writeFileSync(path.join(copy, 'new.bin'), randomBytes(2_000_000));
    git(copy, 'add', '.');
    git(copy, 'commit', '--quiet', '--message', 'The second commit');
    git(copy, 'push', '--quiet', 'origin', 'main');
    expect(git(`${dir}/app.git`, 'log', '--format=%s')).toBe(
      'The second commit\nThe first commit\n',
    );
  });
});
