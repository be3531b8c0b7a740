// Three hosts with the server, a web server in front on a fourth, and a steady load: what is lost when hosts
// leave, die, are cut off and come back.

import fs from 'node:fs';
import path from 'node:path';
import { onTestFailed } from 'vitest';
import type { NetworkHost } from '../helpers/network-namespaces.ts';
import { createNetwork, networkProblem } from '../helpers/network-namespaces.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { canRun, hasProgram } from './front.ts';
import type { ExchangeLine } from './load-on-hosts.ts';
import { SteadyLoad } from './steady-load.ts';

const NAMES = ['a', 'b', 'c'] as const;
type HostName = (typeof NAMES)[number];
export const PORT = 4000;
const WORKERS = 2;
const CONCURRENCY = 4;
/** What a host may have in hand. Two can take all sixteen requests, so none waits in a queue. */
export const CAPACITY: number = WORKERS * CONCURRENCY;

/** Starts the web server of a test. @returns its URL, as seen from inside, without a slash at its end */
export type StartFront = (dir: string, inside: readonly string[]) => Promise<string>;

interface Host {
  network: NetworkHost;
  /** Begins and ends of requests, one a line. */
  journal: string;
  server: RunningServer;
}

/** What one event cost. */
export interface Loss {
  /** Requests from the event on, until all that it touched had ended. */
  requests: number;
  failedGets: number;
  failedPosts: number;
  /** Answers that were not those of their requests. */
  wrong: number;
  /** What the host had begun and not ended at the event. */
  running: number;
  /** The longest that a request took, milliseconds. */
  slowestMs: number;
  /** The longest time without any answer, milliseconds. */
  longestPauseMs: number;
}

export interface Losses {
  stopped: Loss;
  killed: Loss;
  cutOff: Loss;
}

/** Whether the tests of `title` can run, which need a network and this web server, see {@link canRun}. */
export function hasNetworkAnd(command: string, title: string): boolean {
  return hasProgram(command, title) && canRun(title, networkProblem());
}

/** Takes the hosts away one after the other, each time in another way, and waits until they are back. */
export async function loseHosts(startFront: StartFront): Promise<Losses> {
  const network = createNetwork(NAMES.length);
  const dir = tempDir();
  const hosts = {} as Record<HostName, Host>;
  await Promise.all(
    NAMES.map(async (name, n) => {
      const host = network.hosts[n];
      if (host === undefined) throw new Error(`there is no host ${n}`);
      hosts[name] = await startHost(name, host, path.join(dir, `${name}.journal`));
    }),
  );
  const load = new SteadyLoad(await startFront(dir, network.front.inside), network.front.inside);
  onTestFailed(() => console.error(describeFailures(load.exchanges)));
  for (const name of NAMES) await load.answeredBy(name, 20);

  const stopped = await measure(load, hosts.a, async () => void (await hosts.a.server.stop()));
  await comeBack(load, 'a', hosts);

  const killed = await measure(load, hosts.b, () => hosts.b.server.process.kill('SIGKILL'));
  await comeBack(load, 'b', hosts);

  const cutOff = await measure(load, hosts.c, () => hosts.c.network.cutOff());
  hosts.c.network.reconnect();
  await load.answeredBy('c', 20);
  return { stopped, killed, cutOff };
}

async function startHost(name: string, network: NetworkHost, journal: string): Promise<Host> {
  fs.writeFileSync(journal, '');
  const pool = ['--max-workers', `${WORKERS}`, '--min-workers', `${WORKERS}`];
  const server = await startServer({
    handler: 'one-of-several-hosts.mjs',
    inside: network.inside,
    args: [
      ...['--listen', `${network.address}:${PORT}`, '--allow', '192.0.2.1'],
      ...[...pool, '--concurrency', `${CONCURRENCY}`],
    ],
    env: { HOST_NAME: name, JOURNAL: journal },
  });
  return { network, journal, server };
}

async function comeBack(
  load: SteadyLoad,
  name: HostName,
  hosts: Record<HostName, Host>,
): Promise<void> {
  const { network, journal } = hosts[name];
  hosts[name] = await startHost(name, network, journal);
  await load.answeredBy(name, 20);
}

async function measure(
  load: SteadyLoad,
  { journal }: Host,
  event: () => unknown,
): Promise<Loss> {
  const first = load.exchanges.length;
  const eventAt = Date.now();
  const running = runningIn(journal);
  await event();
  await load.settled();
  const touched = load.exchanges.slice(first).filter(({ endedAt }) => endedAt >= eventAt);
  return { ...sumUp(touched), running };
}

function runningIn(journal: string): number {
  const words = fs.readFileSync(journal, 'utf8').split('\n');
  const count = (word: string): number => words.filter((line) => line.startsWith(word)).length;
  return count('begin ') - count('end ');
}

function sumUp(exchanges: readonly ExchangeLine[]): Omit<Loss, 'running'> {
  const failed = exchanges.filter(({ failure }) => failure !== undefined);
  const answers = exchanges.filter(({ host }) => host !== undefined);
  const ends = answers.map(({ endedAt }) => endedAt).sort((one, other) => one - other);
  const pauses = ends.map((end, n) => end - (ends[n - 1] ?? end));
  return {
    requests: exchanges.length,
    failedGets: failed.filter(({ method }) => method === 'GET').length,
    failedPosts: failed.filter(({ method }) => method === 'POST').length,
    wrong: exchanges.filter(({ wrong }) => wrong !== undefined).length,
    slowestMs: Math.max(...exchanges.map(({ begunAt, endedAt }) => endedAt - begunAt)),
    longestPauseMs: Math.max(...pauses),
  };
}

function describeFailures(exchanges: readonly ExchangeLine[]): string {
  const failed = exchanges.filter(({ failure, wrong }) => (failure ?? wrong) !== undefined);
  return `requests that failed:\n${failed.map((line) => JSON.stringify(line)).join('\n')}`;
}
