import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';

const handler = 'environment.mjs';

it('gives a mounted application the path below its mount, and answers any other with 404', async () => {
  const server = await startServer({ handler, args: ['--mount', '/app'] });
  const ask = (env: Record<string, string>) => request(server.address(), { path: '/app/x', env });

  const inside = await ask({ DOCUMENT_URI: '/app/x', SCRIPT_NAME: '/wrong', PATH_INFO: '/too' });
  expect(JSON.parse(inside.body.toString())).toMatchObject({
    SCRIPT_NAME: '/app',
    PATH_INFO: '/x',
    REQUEST_URI: '/app/x',
  });

  const outside = await ask({ DOCUMENT_URI: '/apple' });
  expect(outside.status).toBe(404);
  expect(outside.body.toString()).not.toContain('app');
  const line = await server.logged(/is not below --mount/);
  expect(line).toMatchObject({ level: 'warn', status: 404 });
  expect(line.msg).toBe('GET /app/x: the path is not below --mount "/app"');
  expect(server.log.filter(({ msg }) => msg.includes('/app/x'))).toHaveLength(1);
});

it.each(['contract/listener.mjs', 'contract/fetch.mjs'])(
  'leaves the mount out of the URL of %s',
  async (application) => {
    const server = await startServer({ handler: application, args: ['--mount', '/app'] });
    const { body } = await request(server.address(), { path: '/app/request?a=b' });
    expect(JSON.parse(body.toString())).toMatchObject({ url: '/request?a=b' });
  },
);

it('asks the application only for the hosts of --allow-host, on whichever port', async () => {
  const hosts = ['--allow-host', 'example.com', '--allow-host', '*.example.org'];
  const server = await startServer({ handler, args: hosts });
  const status = async (env: Record<string, string>) =>
    (await request(server.address(), { env })).status;

  expect(await status({ HTTP_HOST: 'example.com:8080' })).toBe(200);
  expect(await status({ HTTP_HOST: 'a.example.org' })).toBe(200);
  expect(await status({ SERVER_NAME: 'example.com' })).toBe(200);
  expect(await status({ HTTP_HOST: 'evil.example', SERVER_NAME: 'example.com' })).toBe(421);
  const line = await server.logged(/--allow-host/);
  expect(line.msg).toBe('GET /: the host "evil.example" is not one of --allow-host');
  expect(line).toMatchObject({ level: 'warn', status: 421 });
});

it('takes requests for any host and any path unless told otherwise', async () => {
  const server = await startServer({ handler });
  const env = { HTTP_HOST: 'evil.example', SCRIPT_NAME: '/as', PATH_INFO: '/sent' };
  const { status, body } = await request(server.address(), { env });
  expect(status).toBe(200);
  expect(JSON.parse(body.toString())).toMatchObject(env);
});
