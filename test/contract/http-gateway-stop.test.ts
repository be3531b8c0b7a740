import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerTo, begin, gateway, http } from '../unit/http-gateway/http-client.ts';

const OK = 'Status: 200 OK\r\nContent-Type: text/plain\r\n';

describe('stop of the development gateway', () => {
  it('ends idle connections, and lets a running request finish', async () => {
    let server: Socket | undefined;
    const running = await gateway(({ socket, env }) => {
      if (env['REQUEST_URI'] === '/quick') socket.end(`${OK}\r\nquick`);
      else server = socket;
    });
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    await http(running.url, { path: '/quick', agent });
    const slow = http(running.url, { path: '/slow', agent: new Agent({ keepAlive: true }) });
    await expect.poll(() => server).toBeDefined();
    const stopped = running.stop(5_000);
    await expect(http(running.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    // Longer than any buffer: it is still being sent while the gateway stops.
    server?.end(Buffer.concat([Buffer.from(`${OK}\r\n`), Buffer.alloc(8_000_000)]));
    expect((await slow).body).toHaveLength(8_000_000);
    await stopped;
  });

  it('cuts what still runs after the grace period', async () => {
    const running = await gateway(({ socket }) => socket.write(`${OK}\r\nfirst`));
    const answer = await answerTo(begin(running.url));
    const [end] = await Promise.allSettled([text(answer), running.stop(20)]);
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ECONNRESET' } });
  });
});
