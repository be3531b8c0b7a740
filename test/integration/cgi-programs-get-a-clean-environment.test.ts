// The environment of a CGI program is the request's, and nothing of the server's gets in by accident.

import { describe, expect, it } from 'vitest';
import { writeProgram } from '../helpers/programs.ts';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';

/** Prints its environment, ended by NUL each. */
const PROGRAM = `#!/usr/bin/perl
print "Content-Type: text/plain\\n\\n", map { "$_=$ENV{$_}\\0" } sort keys %ENV;`;

interface Asked {
  args?: string[];
  serverEnv?: Record<string, string>;
  method?: string;
  body?: string;
  env?: Record<string, string>;
}

async function environmentOf(asked: Asked): Promise<{ file: string; env: Record<string, string> }> {
  const { args = [], serverEnv = {}, ...rest } = asked;
  const file = writeProgram(PROGRAM);
  const server = await startServer({ cgi: [file], args, env: serverEnv });
  const { body } = await request(server.address(), { ...rest, timeoutMs: 20_000 });
  const pairs = body.toString('latin1').split('\0').slice(0, -1);
  return { file, env: Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s, 2))) };
}

describe('the environment of a CGI program', () => {
  it('is made of the variables of the request, of PATH, and of what the standard requires', async () => {
    const { file, env } = await environmentOf({
      serverEnv: { PATH: '/usr/bin:/bin:/own', SECRET: 'of the server' },
      env: { SCRIPT_NAME: '/app', PATH_INFO: '/a b', REMOTE_ADDR: '192.0.2.7', HTTP_X_Y: '' },
    });
    expect(env).toEqual({
      PATH: '/usr/bin:/bin:/own',
      GATEWAY_INTERFACE: 'CGI/1.1',
      SERVER_SOFTWARE: 'scgi-server',
      SERVER_PROTOCOL: 'HTTP/1.1',
      REDIRECT_STATUS: '200',
      REQUEST_METHOD: 'GET',
      REQUEST_URI: '/',
      QUERY_STRING: '',
      SCRIPT_NAME: '/app',
      SCRIPT_FILENAME: file,
      PATH_INFO: '/a b',
      REMOTE_ADDR: '192.0.2.7',
      HTTP_X_Y: '',
    });
  });

  it('has a length and a type when there is a body', async () => {
    const type = 'text/plain';
    const { env } = await environmentOf({
      method: 'POST',
      body: 'four',
      env: { CONTENT_TYPE: type, HTTP_CONTENT_TYPE: type, HTTP_CONTENT_LENGTH: '4' },
    });
    expect(env).toMatchObject({ CONTENT_LENGTH: '4', CONTENT_TYPE: type });
    expect(env).not.toHaveProperty('HTTP_CONTENT_LENGTH');
    expect(env).not.toHaveProperty('HTTP_CONTENT_TYPE');
  });

  it('has what --pass-env names, --env included, before what was sent', async () => {
    const { env } = await environmentOf({
      args: ['--pass-env', 'LANG', '--pass-env', 'MODE', '--pass-env', 'UNSET', '--env', 'MODE=é'],
      serverEnv: { LANG: 'C.UTF-8' },
      env: { LANG: 'sent', UNSET: 'sent' },
    });
    expect(env).toMatchObject({ LANG: 'C.UTF-8', UNSET: 'sent' });
    expect(Buffer.from(env['MODE'] ?? '', 'latin1').toString()).toBe('é');
  });

  it('never has HTTP_PROXY, nor what steers loader and shell', async () => {
    const { env } = await environmentOf({
      serverEnv: { PATH: '/usr/bin:/bin', LD_BIND_NOW: '1' },
      env: {
        HTTP_PROXY: 'http://192.0.2.1/',
        PATH: '/of/the/web/server',
        LD_LIBRARY_PATH: '/of/the/web/server',
        'BASH_FUNC_ls%%': '() { echo no; }',
        'proxy-nokeepalive': '1',
        SCGI: '1',
      },
    });
    expect(env['PATH']).toBe('/usr/bin:/bin');
    expect(Object.keys(env).filter((name) => /PROXY|LD_|BASH|proxy|SCGI/.test(name))).toEqual([]);
  });

  it('has a PATH even if the server has none', async () => {
    const { env } = await environmentOf({ args: ['--clear-env'] });
    expect(env['PATH']).toBe('/usr/local/bin:/usr/bin:/bin');
  });

  it('has values in UTF-8 as they were sent', async () => {
    const path = Buffer.from('/grüße/日本').toString('latin1');
    const { env } = await environmentOf({ env: { PATH_INFO: path, DOCUMENT_ROOT: '/srv/www/' } });
    expect(env).toMatchObject({ PATH_INFO: path, PATH_TRANSLATED: `/srv/www${path}` });
  });
});
