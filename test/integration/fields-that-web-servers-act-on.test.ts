import { expect, it } from 'vitest';
import { inetdNowait } from '../helpers/inetd-process.ts';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { createProject } from '../helpers/project.ts';

const env = { HTTP_HOST: 'front.example', REQUEST_SCHEME: 'https' };
const MOD_SCGI = { ...env, SERVER_SOFTWARE: 'Apache/2.4.71 (Debian) mod_scgi/2.2' };

/** Answers with the head that the query of a request is, and a body. */
const handler = (): string =>
  createProject({
    'handler.mjs': `export const produce = (env, bodySize, input, output) =>
      output.end(decodeURIComponent(env.QUERY_STRING) + '\\n\\nthe body\\n');`,
  }).path('handler.mjs');
const answering = (head: string) => `/?${encodeURIComponent(head)}`;

it('makes a whole URL of a Location where the web server would serve it instead', async () => {
  const server = await startServer({ handler: handler() });
  const location = async (head: string, variables: Record<string, string>) =>
    (await request(server.address(), { path: answering(head), env: variables })).headers.get(
      'location',
    );

  expect(await location('Status: 302\nLocation: /p', MOD_SCGI)).toEqual([
    'https://front.example/p',
  ]);
  expect(await location('Location: //other.example/p', MOD_SCGI)).toEqual([
    'https://other.example/p',
  ]);
  expect(await location('Status: 201\nLocation: /p', MOD_SCGI)).toEqual(['/p']);
  expect(await location('Status: 302\nLocation: /p', env)).toEqual(['/p']);
  expect(await location('Status: 200\nLocation: /p', env)).toEqual(['https://front.example/p']);
  expect(await location('Status: 200\nLocation: /p', {})).toEqual(['/p']);
  const line = await server.logged(/names no valid host/);
  expect(line.msg).toContain(': left Location "/p" as it is: the request names no valid host');
  expect(line.level).toBe('warn');
});

it.each([
  ['always', 'https://front.example/p'],
  ['never', '/p'],
])('does as --absolute-redirects %s says', async (mode, expected) => {
  const server = await startServer({ handler: handler(), args: ['--absolute-redirects', mode] });
  for (const variables of [env, MOD_SCGI]) {
    for (const status of [200, 201, 303]) {
      const path = answering(`Status: ${status}\nLocation: /p`);
      const { headers } = await request(server.address(), { path, env: variables });
      expect(headers.get('location')).toEqual([expected]);
    }
  }
});

it('has a file sent only by the web server of --sendfile', async () => {
  const server = await startServer({ handler: handler(), args: ['--sendfile', 'lighttpd'] });
  const file = '/srv/files/a.txt';
  const passed = await request(server.address(), {
    path: answering(`Content-Type: text/plain\nContent-Length: 9\nX-LIGHTTPD-send-file: ${file}`),
  });
  expect(passed.raw.toString()).toBe(
    `Status: 200 OK\r\nContent-Type: text/plain\r\nX-Sendfile: ${file}\r\n\r\n`,
  );
  const dropped = await request(server.address(), { path: answering(`X-Accel-Redirect: ${file}`) });
  expect(dropped.raw.toString()).toBe('Status: 200 OK\r\nContent-Length: 9\r\n\r\nthe body\n');
  const line = await server.logged(/dropped/);
  expect(line.msg).toMatch(/: dropped X-Accel-Redirect, which takes --sendfile nginx, /);
  expect(server.log.filter(({ msg }) => msg.startsWith('GET '))).toHaveLength(1);
});

it('does both under inetd as well', async () => {
  const args = ['--absolute-redirects', 'always', '--sendfile', 'nginx', handler()];
  const { address } = await inetdNowait({ args });
  const path = answering('Status: 303\nLocation: /p\nX-Accel-Redirect: /files/a');
  const { raw } = await request(address, { path, env });
  expect(raw.toString()).toBe(
    'Status: 303 See Other\r\nLocation: https://front.example/p\r\nX-Accel-Redirect: /files/a\r\n\r\n',
  );
});
