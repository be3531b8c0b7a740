import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayReport, GatewaySettings } from '../../src/http-gateway/messages.ts';
import { startResponder } from '../unit/client/responder.ts';

const entry = fileURLToPath(new URL('../../src/http-gateway/entry.ts', import.meta.url));

function start(settings: GatewaySettings): ChildProcess {
  const child = fork(entry, [JSON.stringify(settings)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function report(child: ChildProcess): Promise<GatewayReport> {
  const [message] = (await once(child, 'message')) as [GatewayReport];
  return message;
}

async function startReady(): Promise<{
  child: ChildProcess;
  url: string;
  output: Promise<string>;
}> {
  const target = await startResponder(({ socket }) => socket.end('A: b\r\n\r\nhello'));
  const child = start({ host: '127.0.0.1', port: 0, target });
  const output = Promise.all([text(child.stdout!), text(child.stderr!)]).then((all) =>
    all.join(''),
  );
  const message = await report(child);
  expect(message).toMatchObject({ type: 'ready', url: expect.stringMatching(/^http:\/\/127/) });
  return { child, url: message.type === 'ready' ? message.url : '', output };
}

describe('process of the development gateway', () => {
  it('serves, ignores what a terminal sends to the group, and stops when told', async () => {
    const { child, url, output } = await startReady();
    const signals = [
      'SIGINT',
      'SIGHUP',
      'SIGUSR1',
      'SIGUSR2',
      'SIGALRM',
      'SIGTTIN',
      'SIGTTOU',
    ] as const;
    for (const signal of signals) child.kill(signal);
    expect(await (await fetch(url)).text()).toBe('hello');
    child.send({ type: 'stop', graceMs: 1_000 });
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await output).toBe('');
  });

  it('stops gracefully at TERM', async () => {
    const { child } = await startReady();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends when the master is gone', async () => {
    const { child } = await startReady();
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('reports why it cannot start, and exits with 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const child = start({ host: '127.0.0.1', port, target: { kind: 'unix', path: '/nowhere' } });
    const exit = once(child, 'exit');
    expect(await report(child)).toMatchObject({
      type: 'failed',
      message: expect.stringMatching(/port is in use/),
    });
    expect(await exit).toEqual([1, null]);
  });
});
