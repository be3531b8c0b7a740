import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import { startResponder } from './responder.ts';

const options = { timeoutMs: 2_000 };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('connect', () => {
  it('reaches a server that listens on every interface', async () => {
    const address = await startResponder(() => undefined, 'tcp');
    const socket = await connect({ ...address, host: '0.0.0.0' } as typeof address, options);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it('names the address and what to check when nothing listens on a port', async () => {
    const port = await freePort();
    await expect(connect({ kind: 'tcp', host: '127.0.0.1', port }, options)).rejects.toMatchObject({
      code: 'ERR_SCGI_CONNECT',
      message: `cannot connect to 127.0.0.1:${port}: nothing listens there (connection refused); is the server running, and at this address?`,
    });
  });

  it('tells a missing socket from one that nobody serves', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'scgi-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 's');
    await expect(connect({ kind: 'unix', path }, options)).rejects.toThrow(
      /: there is no such socket/,
    );
    await writeFile(path, '');
    await expect(connect({ kind: 'unix', path }, options)).rejects.toThrow(
      /: nothing listens there/,
    );
  });

  it('refuses an inherited descriptor', async () => {
    await expect(connect({ kind: 'fd', fd: 3 }, options)).rejects.toThrow(
      /descriptor has no address/,
    );
  });

  it('does not begin when it is given up already', async () => {
    const address = await startResponder(() => undefined);
    const attempt = connect(address, { ...options, signal: AbortSignal.abort() });
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_SCGI_PEER_CLOSED' });
  });
});
