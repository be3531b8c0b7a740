import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const HARMLESS = ['SIGUSR1', 'SIGALRM', 'SIGCONT', 'SIGPIPE', 'SIGWINCH'];
/** For the master alone. */
const ORDERS = ['SIGHUP', 'SIGUSR2', 'SIGTTIN', 'SIGTTOU', 'SIGINT'];

it.each(['master', 'worker'])(
  'survives every signal that is not for it, and opens no inspector (%s)',
  async (whom) => {
    const server = await startServer({ handler: 'kitchen.mjs', args: ['--max-workers', '1'] });
    const [worker = 0] = server.workers();
    const pid = whom === 'master' ? (server.process.pid ?? 0) : worker;
    const signals = whom === 'master' ? HARMLESS : [...HARMLESS, ...ORDERS];
    for (const signal of signals) process.kill(pid, signal);
    for (let i = 0; i < 3; i++) {
      expect((await request(server.address(), { path: '/hello' })).status).toBe(200);
    }
    expect(server.workers()).toEqual([worker]);
    expect(server.log.filter(({ msg }) => /debugger/i.test(msg))).toEqual([]);
    if (whom === 'master') await server.logged(/^server +\d.* generation 1, up /);
    else expect((await server.logged(/^serving (nothing|GET \/hello)$/))['worker']).toBe(0);
  },
);

it('lets a worker that gets SIGTERM finish its request, and replaces it', async () => {
  const server = await startServer({ handler: 'kitchen.mjs', args: ['--max-workers', '1'] });
  const [worker = 0] = server.workers();
  const asked = request(server.address(), { path: '/sleep?ms=400' });
  await waitFor('the request', async () => {
    process.kill(worker, 'SIGUSR1');
    return server.log.some(({ msg }) => msg.startsWith('serving GET /sleep'));
  });
  process.kill(worker, 'SIGTERM');
  expect((await asked).status).toBe(200);
  expect((await server.logged(/exited with code 0/)).msg).toMatch(/: SIGTERM$/);
  await waitFor(
    'the replacement',
    () => server.workers().length === 1 && !server.workers().includes(worker),
  );
});

it('stops at SIGQUIT as at SIGTERM', async () => {
  const server = await startServer({ handler: 'kitchen.mjs' });
  const asked = request(server.address(), { path: '/sleep?ms=300' });
  await waitFor('the request', () => server.workers().length === 2);
  server.process.kill('SIGQUIT');
  expect((await asked).status).toBe(200);
  expect(await server.ended()).toBe(0);
});
