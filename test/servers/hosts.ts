// Three hosts with the server, a web server in front on a fourth, and a steady load: what is lost when hosts
// are drained, leave, die, are cut off and come back.

import fs from 'node:fs';
import path from 'node:path';
import { onTestFailed } from 'vitest';
import type { NetworkHost } from '../helpers/network-namespaces.ts';
import { createNetwork, networkProblem } from '../helpers/network-namespaces.ts';
import type { RunningServer } from '../helpers/start-server.ts';
import { isAlive, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { canRun, hasProgram } from './front.ts';
import type { ExchangeLine } from './load-on-hosts.ts';
import type { Loss } from './loss.ts';
import { sumUp } from './loss.ts';
import { SteadyLoad } from './steady-load.ts';

const NAMES = ['a', 'b', 'c'] as const;
type HostName = (typeof NAMES)[number];
const PORT = 4000;
const WORKERS = 2;
const CONCURRENCY = 4;
/** Requests at once, as many as the load sends. */
export const AT_ONCE = 16;
/**
 * What a graceful stop may cost: nothing; but the portable dispatcher can close its listener only, and resets a
 * connection that comes in the moment between the last look at its backlog and that.
 */
export const LOST_AT_STOP: number = process.env['TEST_DISPATCH'] === 'portable' ? 1 : 0;
/** What a host may have in hand. Two can take all sixteen requests, so none waits in a queue. */
export const CAPACITY: number = WORKERS * CONCURRENCY;
/** Ten starts of servers and workers, and waiting for web servers to give up: long where others need the processors. */
export const PATIENT = { timeout: 180_000 };
const DRAINED_WITHIN_MS = 30_000;
/** So many answers of a host are enough to say that it is in use. */
const ENOUGH = 20;

/** The web server of a test. */
export interface FrontOfHosts {
  /** As seen from inside its namespace, without a slash at its end. */
  url: string;
  /** Sends no more requests to the host at this address, or sends them again; lighttpd cannot. */
  drain?: (address: string, isDrained: boolean) => Promise<void>;
}

export type StartFront = (dir: string, inside: readonly string[]) => Promise<FrontOfHosts>;

interface Host {
  name: HostName;
  network: NetworkHost;
  /** Begins and ends of requests, one a line. */
  journal: string;
  server: RunningServer;
}

export interface Losses {
  drained?: Loss;
  stopped: Loss;
  killed: Loss;
  cutOff: Loss;
}

/** Whether the tests of `title` can run, which need a network and this web server, see {@link canRun}. */
export function hasNetworkAnd(command: string, title: string): boolean {
  return hasProgram(command, title) && canRun(title, networkProblem());
}

/** Takes hosts away one after the other, each time in another way, and waits until they are back. */
export async function loseHosts(startFront: StartFront): Promise<Losses> {
  const network = createNetwork(NAMES.length);
  const dir = tempDir();
  const [a, b, c] = await Promise.all([
    startHost('a', dir, network.hosts),
    startHost('b', dir, network.hosts),
    startHost('c', dir, network.hosts),
  ]);
  const { inside } = network.front;
  const { url, drain } = await startFront(dir, inside);
  const load = new SteadyLoad(url, inside);
  onTestFailed(() => console.error(describeFailures(load.exchanges)));
  for (const name of NAMES) await load.answeredBy(name, ENOUGH);

  const drained = drain === undefined ? {} : { drained: await drainAndReturn(load, a, drain) };
  const stopped = await measure(load, a, () => a.server.stop());
  await comeBack(load, a);
  const killed = await measure(load, b, () => kill(b.server));
  await comeBack(load, b);
  const cutOff = await measure(load, c, () => c.network.cutOff());
  c.network.reconnect();
  await load.answeredBy('c', ENOUGH);
  return { ...drained, stopped, killed, cutOff };
}

async function startHost(
  name: HostName,
  dir: string,
  networks: readonly NetworkHost[],
): Promise<Host> {
  const network = networks[NAMES.indexOf(name)];
  if (network === undefined) throw new Error(`there is no host ${name}`);
  const journal = path.join(dir, `${name}.journal`);
  fs.writeFileSync(journal, '');
  return { name, network, journal, server: await startOn(name, network, journal) };
}

function startOn(
  name: string,
  { address, inside }: NetworkHost,
  journal: string,
): Promise<RunningServer> {
  const pool = ['--max-workers', `${WORKERS}`, '--min-workers', `${WORKERS}`];
  const listen = ['--listen', `${address}:${PORT}`, '--allow', '192.0.2.1'];
  return startServer({
    handler: 'one-of-several-hosts.mjs',
    inside,
    args: [...listen, ...pool, '--concurrency', `${CONCURRENCY}`],
    env: { HOST_NAME: name, JOURNAL: journal },
  });
}

async function comeBack(load: SteadyLoad, host: Host): Promise<void> {
  host.server = await startOn(host.name, host.network, host.journal);
  await load.answeredBy(host.name, ENOUGH);
}

/** Ends the master without a word, and waits until nobody listens any more. */
async function kill(server: RunningServer): Promise<void> {
  const workers = server.workers();
  server.process.kill('SIGKILL');
  await server.ended();
  await waitFor('the end of its workers', () => !workers.some(isAlive));
}

/** As before maintenance: nothing new goes there, and when nothing runs there any more it is stopped. */
async function drainAndReturn(
  load: SteadyLoad,
  host: Host,
  drain: NonNullable<FrontOfHosts['drain']>,
): Promise<Loss> {
  const loss = await measure(load, host, async () => {
    await drain(host.network.address, true);
    await waitFor('the host to be drained', () => isDrained(load, host), DRAINED_WITHIN_MS);
    await host.server.stop();
  });
  host.server = await startOn(host.name, host.network, host.journal);
  await drain(host.network.address, false);
  await load.answeredBy(host.name, ENOUGH);
  return loss;
}

/** Whether it has got nothing while another host has answered for a while. */
async function isDrained(load: SteadyLoad, host: Host): Promise<boolean> {
  const before = begunOn(host).size;
  await load.answeredBy('b', ENOUGH);
  return begunOn(host).size === before && runningOn(host) === 0;
}

async function measure(load: SteadyLoad, host: Host, event: () => unknown): Promise<Loss> {
  const first = load.exchanges.length;
  const beganAt = Date.now();
  const running = runningOn(host);
  await event();
  const isGoneAt = Date.now();
  // Long enough for a web server to think of the lost host again.
  await load.answeredBy(host.name === 'a' ? 'b' : 'a', 5 * ENOUGH);
  await load.settled();
  const touched = load.exchanges.slice(first).filter(({ endedAt }) => endedAt >= beganAt);
  return { running, ...sumUp(touched, { begunThere: begunOn(host), isGoneAt }) };
}

/** Tokens of the requests that a host has begun. */
function begunOn({ journal }: Host): Set<string> {
  return new Set(wordsOf(journal, 'begin'));
}

function runningOn({ journal }: Host): number {
  return wordsOf(journal, 'begin').length - wordsOf(journal, 'end').length;
}

function wordsOf(journal: string, event: 'begin' | 'end'): string[] {
  const lines = fs.readFileSync(journal, 'utf8').split('\n');
  return lines.filter((line) => line.startsWith(event)).map((line) => line.slice(event.length + 1));
}

function describeFailures(exchanges: readonly ExchangeLine[]): string {
  const failed = exchanges.filter(({ failure, wrong }) => (failure ?? wrong) !== undefined);
  return `requests that failed:\n${failed.map((line) => JSON.stringify(line)).join('\n')}`;
}
