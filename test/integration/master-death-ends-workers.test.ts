import { connect } from 'node:net';
import { it } from 'vitest';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { encodeScgi, request } from '../helpers/scgi-peer.ts';
import { isAlive, startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

it('ends idle workers at once when the master is killed, and frees the port', async () => {
  const server = await startServer({ handler: 'kitchen.mjs', args: ['--min-workers', '3'] });
  await waitFor('three workers', () => server.workers().length === 3);
  const pids = server.workers();
  const address = server.address();
  server.process.kill('SIGKILL');
  await server.ended();
  await waitFor('the end of the workers', () => !pids.some(isAlive), 2_000);
  // The last thread of a process may hold its sockets a little longer than the first one.
  await waitFor('the port to be free', () => isRefused(address), 2_000);
});

async function isRefused(address: PeerAddress): Promise<boolean> {
  return request(address).then(
    () => false,
    (error: unknown) => /ECONNREFUSED/.test(String(error)),
  );
}

// Native workers die with the master: they hold the listening sockets, see native-dispatch.test.ts.
it('lets a portable worker finish its request when the master is killed', async () => {
  const args = ['--max-workers', '1', '--dispatch', 'portable'];
  const server = await startServer({ handler: 'kitchen.mjs', args });
  const pids = server.workers();
  const socket = connect({ ...server.address(), allowHalfOpen: true });
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString()));
  const env = { REQUEST_METHOD: 'GET', REQUEST_URI: '/stream', QUERY_STRING: 'pieces=10&ms=50' };
  socket.write(encodeScgi(env));
  await waitFor('the first piece', () => answer.includes('piece 0'));
  server.process.kill('SIGKILL');
  await waitFor('the whole answer', () => answer.includes('piece 9'));
  socket.end();
  await waitFor('the end of the workers', () => !pids.some(isAlive), 5_000);
});
