// Two servers behind the real nginx, by config/nginx-failover.conf: what the second one is asked for.

import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { httpRequest, runLoad, WrongAnswer } from '../helpers/load.ts';
import { startNginx, upstreamAt } from '../helpers/nginx.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { freePort } from '../helpers/tcp-port.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { hasNginx } from './front.ts';

const TITLE = 'config/nginx-failover.conf';

interface Pair {
  first: RunningServer;
  /** Starts the first one again, where it was. */
  startFirst: () => Promise<RunningServer>;
  /** @returns status and body */
  ask: (path: string, method?: string) => Promise<string>;
}

function startOne(who: string, port: number): Promise<RunningServer> {
  return startServer({
    handler: 'failover.mjs',
    args: ['--port', String(port), '--spare-workers', '0'],
    env: { WHO: who },
    expectErrors: /was killed by SIGKILL/,
  });
}

async function startPair(): Promise<Pair> {
  const ports = { first: await freePort(), second: await freePort() };
  const startFirst = (): Promise<RunningServer> => startOne('first', ports.first);
  const first = await startFirst();
  await startOne('second', ports.second);
  const nginx = await startNginx({
    dir: tempDir(),
    file: 'nginx-failover.conf',
    replacements: [
      upstreamAt(4000, { port: ports.first }),
      upstreamAt(4001, { port: ports.second }),
    ],
  });
  onTestFailed(() => console.error(`error log of nginx:\n${nginx.errorLog()}`));
  onTestFinished(() => nginx.stop());
  const ask = async (path: string, method = 'GET'): Promise<string> => {
    const body = method === 'POST' ? 'x' : '';
    const answer = await httpRequest(nginx.url + path, { method, body });
    return `${answer.status} ${answer.body.toString()}`;
  };
  return { first, startFirst, ask };
}

describe.skipIf(!hasNginx(TITLE))('two servers behind nginx', () => {
  it('asks the second server while the first is down, and the first when it is back', async () => {
    const { first, startFirst, ask } = await startPair();
    expect(await ask('/')).toBe('200 first GET ');
    await first.stop();
    for (let n = 0; n < 5; n += 1) {
      expect(await ask('/')).toBe('200 second GET ');
      expect(await ask('/', 'POST')).toBe('200 second POST x');
    }
    await startFirst();
    await waitFor('the first one', async () => (await ask('/')) === '200 first GET ', 20_000);
  });

  it('repeats a GET that the first one broke off, and no POST', async () => {
    const { ask } = await startPair();
    expect(await ask('/die')).toBe('200 second GET ');
    expect(await ask('/die', 'POST')).toMatch(/^502 /);
  });

  it('repeats a GET that the first one is too busy for, and passes the 503 of a POST on', async () => {
    const { ask } = await startPair();
    expect(await ask('/busy')).toBe('200 second GET ');
    expect(await ask('/busy', 'POST')).toBe('503 first is busy');
  });

  it('loses no GET while the first one is restarted under load', async () => {
    const { first, startFirst, ask } = await startPair();
    let isOver = false;
    const load = runLoad(
      async () => {
        const answer = await ask('/');
        if (!/^200 (first|second) GET $/.test(answer)) throw new WrongAnswer(answer);
      },
      { clients: 4, goOn: (begun) => begun < 50_000 && !isOver },
    );
    const answered = async (who: string): Promise<void> => {
      await waitFor(who, async () => (await ask('/')) === `200 ${who} GET `, 20_000);
    };
    await answered('first');
    await first.stop();
    await answered('second');
    await startFirst();
    await answered('first');
    isOver = true;
    const { begun, failures, wrong } = await load;
    expect({ failures, wrong }).toEqual({ failures: [], wrong: [] });
    expect(begun).toBeGreaterThan(50);
  });
});
