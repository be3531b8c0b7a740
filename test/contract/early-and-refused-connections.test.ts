import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Refusals } from '../../src/dispatch/refusals.ts';
import { bindPortable } from '../../src/master/bind-portable.ts';
import { rawExchange } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';

it('keeps connections that come while other addresses are still being bound', async () => {
  const { socket, port } = await bindPortable.tcp({ host: '127.0.0.1', port: 0 }, 16);
  onTestFinished(() => bindPortable.close(socket));
  const early = rawExchange({ port }, Buffer.from('early'));
  // Answered only if somebody has accepted it before it was asked for.
  let accepted = 0;
  socket.server.on('connection', () => accepted++);
  await waitFor('the early connection', () => accepted === 1);
  const taken: Socket[] = [];
  socket.takeConnections((connection) => {
    taken.push(connection);
    connection.end('kept');
  });
  expect((await early).bytes.toString()).toBe('kept');
  expect((await rawExchange({ port }, Buffer.from('later'))).bytes.toString()).toBe('kept');
  expect(taken.length).toBe(2);
});

it('keeps no more than 256 refused connections open, however many peers never close', async () => {
  const refusals = new Refusals();
  const open = new Set<Socket>();
  let refused = 0;
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => {}).once('close', () => open.delete(socket));
    refusals.refuse(socket);
    refused++;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const peers = Array.from({ length: 400 }, () =>
    connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {}),
  );
  onTestFinished(() => {
    for (const peer of peers) peer.destroy();
    for (const socket of open) socket.destroy();
    server.close();
  });
  await waitFor('all refusals', () => refused === 400);
  await waitFor('the closing of the oldest', () => open.size <= 256);
  expect(open.size).toBeLessThanOrEqual(256);
});
