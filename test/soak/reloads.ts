// Reloads under a constant load behind nginx: nobody may notice. The same load on php-fpm and gunicorn, in
// the same run.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileSync } from 'node:fs';
import { childrenOf } from '../bench/processes.ts';
import type { Contender } from '../bench/contenders/contender.ts';
import { gunicornWith } from '../bench/contenders/over-http.ts';
import { phpFpmWith } from '../bench/contenders/php-fpm.ts';
import { scgiServerWith } from '../bench/contenders/scgi-server.ts';
import type { Stand } from '../bench/stand.ts';
import { startStand } from '../bench/stand.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { HttpLoad, percentile } from './http-load.ts';
import type { Options } from './options.ts';
import type { Result, Row, Scenario, Stage } from './scenario.ts';

const RELOAD_COUNT = 50;
const BROKEN_COUNT = 20;
const WORKERS = 8;
/** Requests at once. */
const CLIENTS = 16;
/** Between two reloads. */
const ANSWERS_BETWEEN = 200;
const DONE_WITHIN_MS = 60_000;

const APPS = fileURLToPath(new URL('apps/', import.meta.url));

interface Figures {
  name: string;
  reloads: number;
  requests: number;
  answered: number;
  /** Other answers than the right one, and no answer at all: how many, and examples. */
  failed: { count: number; examples: string[] };
  cut: { count: number; examples: string[] };
  p99Ms: number;
  slowestMs: number;
  /** Mean from the signal until all workers are new ones. */
  reloadMs: number;
}

/** Reloads `n` times in the way of its caller; resolves with the time that each took. */
type ReloadOnce = (stand: Stand, n: number) => Promise<void>;

async function underLoad(
  contender: Contender,
  { count, reload, dir, onInterrupt }: { count: number; reload: ReloadOnce } & Stage,
): Promise<Figures> {
  const size = { workers: WORKERS, concurrency: 1 };
  const stand = await startStand(contender, { ...size, front: 'nginx', parent: dir });
  onInterrupt(() => void stand.stop());
  const load = new HttpLoad(stand.url ?? '', CLIENTS);
  let reloadMs = 0;
  try {
    for (let n = 0; n < count; n++) {
      await goesOn(load);
      const startedAt = performance.now();
      await reload(stand, n);
      reloadMs += (performance.now() - startedAt) / count;
    }
    await goesOn(load);
  } finally {
    await load.stop();
    await stand.stop();
  }
  const { begun: requests, answered, failed, cut, times } = load;
  const { name } = contender;
  const slowestMs = times.reduce((most, time) => Math.max(most, time), 0);
  const p99Ms = percentile(times, 0.99);
  return { name, reloads: count, requests, answered, failed, cut, p99Ms, slowestMs, reloadMs };
}

/** Answers that are not right count as well: who gives nothing else has to come to an end. */
async function goesOn(load: HttpLoad): Promise<void> {
  const ended = (): number => load.answered + load.failed.count + load.cut.count;
  const enough = ended() + ANSWERS_BETWEEN;
  await waitFor('answers between two reloads', () => ended() >= enough, DONE_WITHIN_MS);
}

/** Sends the signal, and waits until each worker is a new one. */
function bySignal(signal: NodeJS.Signals): ReloadOnce {
  return async ({ pid, name }) => {
    const before = new Set(childrenOf(pid));
    process.kill(pid, signal);
    const isDone = (): boolean => {
      const now = childrenOf(pid);
      return now.length === WORKERS && now.every((child) => !before.has(child));
    };
    await waitFor(`new workers of ${name}`, isDone, DONE_WITHIN_MS);
  };
}

/** Every other reload finds code that does not load: of those the log tells, and workers stay. */
async function withBrokenCode(options: Options, stage: Stage): Promise<Figures> {
  const handler = path.join(stage.dir, 'handler.mjs');
  const good = `export { produce } from ${JSON.stringify(path.join(APPS, 'pause.mjs'))};\n`;
  writeFileSync(handler, good);
  const contender = scgiServerWith('scgi-server, code broken every other time', handler, [
    '--dispatch',
    options.dispatch,
  ]);
  const replace = bySignal('SIGHUP');
  const reload: ReloadOnce = async (stand, n) => {
    writeFileSync(handler, n % 2 === 0 ? 'not JavaScript\n' : good);
    if (n % 2 === 1) return replace(stand, n);
    const failures = (): number => stand.output().split(/reload failed/).length;
    const before = failures();
    process.kill(stand.pid, 'SIGHUP');
    await waitFor('the failure in the log', () => failures() > before, DONE_WITHIN_MS);
  };
  const count = timesOf(BROKEN_COUNT, options);
  return underLoad(contender, { ...stage, count, reload });
}

const timesOf = (whole: number, { share }: Options): number =>
  Math.max(2, Math.ceil(whole * share));

async function run(options: Options, stage: Stage): Promise<Result> {
  const dispatch = ['--dispatch', options.dispatch];
  const own = scgiServerWith(`scgi-server, HUP`, path.join(APPS, 'pause.mjs'), dispatch);
  const script = path.join(APPS, 'pause.php');
  // By default it kills what runs.
  const patient = 'process_control_timeout = 30s';
  const peers: [Contender, NodeJS.Signals][] = [
    [phpFpmWith({ name: 'php-fpm, USR2', script }), 'SIGUSR2'],
    [phpFpmWith({ name: `php-fpm, USR2, ${patient}`, script, global: patient }), 'SIGUSR2'],
    [{ ...gunicornWith(APPS, 'pause'), name: 'gunicorn, HUP' }, 'SIGHUP'],
  ];
  const count = timesOf(RELOAD_COUNT, options);
  const ours = [
    await underLoad(own, { ...stage, count, reload: bySignal('SIGHUP') }),
    await withBrokenCode(options, stage),
  ];
  const theirs: Figures[] = [];
  const absent: Row[] = [];
  for (const [peer, signal] of peers) {
    const found = peer.detect();
    if (!found.isHere) absent.push([peer.name, found.reason]);
    else theirs.push(await underLoad(peer, { ...stage, count, reload: bySignal(signal) }));
  }
  return {
    title: `Reloads behind nginx, ${WORKERS} workers, requests of 5 ms`,
    rows: [...ours, ...theirs].map(toRow).concat(absent),
    faults: ours.flatMap(faultsOf),
    figures: { ours, theirs },
  };
}

const ms = (time: number): string => `${Math.round(time)} ms`;

function toRow(figures: Figures): Row {
  const { name, reloads, requests, failed, cut, p99Ms, slowestMs, reloadMs } = figures;
  return [
    name,
    `${reloads} reloads of ${ms(reloadMs)}; ${requests} requests: ${failed.count} failed, ` +
      `${cut.count} cut; p99 ${ms(p99Ms)}, slowest ${ms(slowestMs)}`,
  ];
}

function faultsOf({ name, requests, answered, failed, cut }: Figures): string[] {
  const all = [...failed.examples, ...cut.examples];
  if (answered === requests) return [];
  return [`${name}: ${requests - answered} of ${requests} requests failed: ${all.join('; ')}`];
}

export const RELOADS: Scenario = {
  name: 'reloads',
  what: 'reloads under load behind nginx, beside php-fpm and gunicorn',
  run,
};
