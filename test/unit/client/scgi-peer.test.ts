import { describe, expect, it } from 'vitest';
import { encodeScgi, rawExchange, request, type PeerAddress } from '../../helpers/scgi-peer.ts';
import { startResponder, type Exchange } from './responder.ts';

async function respond(answer: (exchange: Exchange) => unknown): Promise<PeerAddress> {
  const address = await startResponder(answer, 'tcp');
  return address.kind === 'tcp' ? { host: address.host, port: address.port } : { path: '' };
}

describe('scgi-peer', () => {
  it('sends a request and takes the answer apart', async () => {
    const address = await respond(async ({ socket, env, readBody }) => {
      const head = 'Status: 201 Created\r\nA: 1\r\na: 2\r\n\r\n';
      socket.end(
        `${head}${env['REQUEST_METHOD']} ${env['QUERY_STRING']} ${String(await readBody())}`,
      );
    });
    const answer = await request(address, { method: 'PUT', path: '/a?b=c', body: 'hello' });
    expect(answer).toMatchObject({ status: 201, body: Buffer.from('PUT b=c hello') });
    expect(answer.headers.get('a')).toEqual(['1', '2']);
  });

  it('sends pieces, half-closes if asked, and tells how the connection ended', async () => {
    const head = encodeScgi({ REQUEST_METHOD: 'GET' });
    const halfClosed = await respond(({ socket }) => {
      socket.resume().on('end', () => socket.end('bye'));
    });
    const pieces = [head.subarray(0, 5), head.subarray(5)];
    expect(await rawExchange(halfClosed, pieces, { halfClose: true, pauseMs: 5 })).toEqual({
      bytes: Buffer.from('bye'),
      ended: 'end',
    });
    const reset = await respond(({ socket }) => socket.resetAndDestroy());
    expect(await rawExchange(reset, head)).toMatchObject({ ended: 'reset' });
    const half = await respond(({ socket }) => {
      socket.write('half', () => socket.resetAndDestroy());
    });
    expect(await rawExchange(half, head)).toMatchObject({ ended: 'reset' });
    const silent = await respond(() => undefined);
    expect(await rawExchange(silent, head, { timeoutMs: 30 })).toMatchObject({ ended: 'timeout' });
  });
});
