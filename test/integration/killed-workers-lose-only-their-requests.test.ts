// `kill -9` of workers under load: what a worker had begun dies with it, and nothing else is harmed.

import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runLoad, WrongAnswer } from '../helpers/load.ts';
import { request } from '../helpers/scgi-peer.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { isAlive, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const WORKERS = 4;
const CLIENTS = 16;
const KILLS = 20;
/** Pace of the killer, not a wait for anything. */
const KILL_EVERY_MS = 250;

/** Workers that have said that they are ready, and live. */
function readyWorkers(server: RunningServer): number[] {
  const ready = server.log.map(({ msg }) => /^worker \d+ \(pid (\d+)\) is ready/.exec(msg)?.[1]);
  return ready
    .filter((pid) => pid !== undefined)
    .map(Number)
    .filter(isAlive);
}

describe('kill -9 of workers under load', () => {
  it.each([
    ['TCP', () => ['--port', '0']],
    ['a Unix socket', () => ['--socket', `${tempDir()}/app.sock`]],
  ])('loses at most one request a kill, over %s', async (_transport, address) => {
    const size = ['--min-workers', `${WORKERS}`, '--max-workers', `${WORKERS}`];
    const server = await startServer({
      handler: 'kitchen.mjs',
      args: [...address(), ...size],
      expectErrors: /was killed by SIGKILL/,
    });
    await waitFor('all workers', () => readyWorkers(server).length === WORKERS);

    let isOver = false;
    const exchange = async (n: number): Promise<void> => {
      const path = `/sleep?ms=${n % 5}&token=${n}`;
      const { status, headers, body } = await request(server.address(), { path });
      const text = body.toString();
      if (status === 200 && text.endsWith(` token=${n}\n`)) return;
      const length = Number(headers.get('content-length')?.[0] ?? Number.NaN);
      // The master answers in place of a dead worker where it has a copy of the connection.
      if (body.length < length || status === 500) throw new Error(`cut off: ${text}`);
      throw new WrongAnswer(`${status} ${text}`);
    };
    const load = runLoad(exchange, { clients: CLIENTS, goOn: () => !isOver });

    const killed: number[] = [];
    const survivors = (): number[] => readyWorkers(server).filter((pid) => !killed.includes(pid));
    while (killed.length < KILLS) {
      await delay(KILL_EVERY_MS);
      // Not one that boots: that would be a failed boot, which is answered by waiting longer.
      const ready = await waitFor('a worker to kill', () => {
        const pids = survivors();
        return pids.length > 0 ? pids : undefined;
      });
      const victim = ready[killed.length % ready.length] ?? -1;
      process.kill(victim, 'SIGKILL');
      killed.push(victim);
    }
    await waitFor('the full pool', () => survivors().length === WORKERS, 5_000);
    isOver = true;
    const { begun, failures, wrong } = await load;

    expect(wrong).toEqual([]);
    expect(failures.length).toBeLessThanOrEqual(KILLS);
    expect(begun).toBeGreaterThan(KILLS * CLIENTS);
    const deaths = server.log.filter(({ msg }) => msg.includes('was killed by SIGKILL'));
    expect(deaths.map(({ msg }) => Number(/pid (\d+)/.exec(msg)?.[1]))).toEqual(killed);
    for (const pid of killed) {
      const lines = server.log.filter(({ msg }) => msg.includes(`(pid ${pid})`));
      expect(lines.map(({ msg }) => msg.replace(/.*\) /, '').slice(0, 10))).toEqual([
        'is ready',
        'was killed',
      ]);
    }
    expect(await server.stop()).toBe(0);
  });
});
