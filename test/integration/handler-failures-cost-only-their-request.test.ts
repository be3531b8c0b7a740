import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

it.each([
  ['throws', '/throw', 'thrown before the head'],
  ['rejects', '/reject', 'rejected before the head'],
])(
  'answers 500 when the handler %s, logs the stack once, and the worker lives on',
  async (_title, path, cause) => {
    const server = await startServer({
      handler: 'kitchen.mjs',
      expectErrors: /the handler failed/,
    });
    const [pid] = server.workers();
    const answer = await request(server.address(), { path });
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).not.toMatch(/kitchen|thrown|rejected/);
    const line = await server.logged(/the handler failed/);
    expect(line.msg).toBe(`GET ${path}: the handler failed`);
    expect(line['err']).toMatchObject({
      message: cause,
      stack: expect.stringMatching(/kitchen\.mjs/) as string,
    });
    expect(line).toMatchObject({ worker: 0, status: 500, request: expect.any(String) as string });
    expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
    expect(server.workers()).toContain(pid);
    expect(server.log.filter(({ level }) => level === 'error').length).toBe(1);
  },
);

it('answers 500 and replaces the worker when an exception is not caught', async () => {
  const server = await startServer({
    handler: 'kitchen.mjs',
    expectErrors: /uncaught exception|exited with code 70|ended before/,
  });
  const [pid] = server.workers();
  expect((await request(server.address(), { path: '/uncaught' })).status).toBe(500);
  const line = await server.logged(/uncaught exception/);
  expect(line['err']).toMatchObject({ message: 'thrown in a timer' });
  const death = await server.logged(/exited with code 70/);
  expect(death.msg).toMatch(
    /^worker 0 \(pid \d+\) exited with code 70 after \d+\.\d s, .* served$/,
  );
  await waitFor(
    'the replacement',
    () => server.workers().length > 0 && !server.workers().includes(pid ?? 0),
  );
  expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
});

it('replaces a worker whose handler ends the process, and says what was lost', async () => {
  const server = await startServer({
    handler: 'kitchen.mjs',
    expectErrors: /process\.exit\(3\) was called|exited with code 3/,
  });
  expect((await request(server.address(), { path: '/exit' })).status).toBe(500);
  const death = await server.logged(/exited with code 3/);
  expect(death.msg).toMatch(
    /, while serving GET \/exit for \d+\.\d s \(request [\w-]+\), 0 requests served$/,
  );
  await waitFor(
    'an answer',
    async () => (await request(server.address(), { path: '/hello' })).status === 200,
  );
});

it('cuts the response when the handler fails after its head', async () => {
  const server = await startServer({ handler: 'kitchen.mjs', expectErrors: /the handler failed/ });
  const { body, headers } = await request(server.address(), { path: '/throw-late' });
  expect(body.toString()).toBe('the first half, ');
  expect(headers.has('content-length')).toBe(false);
  expect((await server.logged(/the handler failed/)).msg).toMatch(
    /after its head was sent: the connection was cut$/,
  );
});

it('tells a handler why nobody waits for its answer', async () => {
  const server = await startServer({ handler: 'kitchen.mjs' });
  const asked = request(server.address(), { path: '/signal', timeoutMs: 500 }).catch(() => 'gone');
  await server.logged(/waiting for the signal/);
  expect(await asked).toBe('gone');
  expect((await server.logged(/the signal fired/))['code']).toBe('ERR_SCGI_PEER_CLOSED');
});

it('loses no other request while a worker dies of an exception', async () => {
  const server = await startServer({
    handler: 'kitchen.mjs',
    args: ['--max-workers', '2', '--min-workers', '2'],
    expectErrors: /uncaught exception|exited with code 70|ended before/,
  });
  await server.logged(/worker 1 .* is ready/);
  for (let round = 0; round < 5; round++) {
    const fatal = request(server.address(), { path: '/uncaught' });
    const others = Array.from({ length: 20 }, (_, i) =>
      request(server.address(), { path: `/token?${round}-${i}` }),
    );
    const bodies = (await Promise.all(others)).map(({ body }) => body.toString());
    expect(bodies).toEqual(Array.from({ length: 20 }, (_, i) => `${round}-${i}`));
    expect((await fatal).status).toBe(500);
  }
});
