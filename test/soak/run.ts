// One soak from the server's start to its end: warm-up, storm, calm, stop.

import { connector } from '../bench/load/connect.ts';
import { listDescriptors, settledDescriptors } from './descriptors.ts';
import { Killer } from './killer.ts';
import { Load } from './load.ts';
import { LogWatch } from './log-watch.ts';
import type { Trend } from './memory.ts';
import { MemoryWatch } from './memory.ts';
import type { Options } from './options.ts';
import { randomNumbers } from './random.ts';
import type { ServerEnd } from './server.ts';
import { SoakServer } from './server.ts';
import { Tally } from './tally.ts';

/** Requests at once. */
const PLACES = 32;
const WARM_UP_SHARE = 0.1;
/** The last part runs without kills, so that workers grow old. */
const CALM_SHARE = 0.2;
/** Stream of random numbers that no request has. */
const KILLER_STREAM = -1;

export interface Descriptors {
  /** Of the master at rest: after the warm-up, and at the end. */
  master: [before: number, after: number];
  /** Of workers at rest: before the first request, and at the end. */
  workers: [before: number[], after: number[]];
  /** What is open in a process that has too much, in words. */
  details: string[];
}

export interface Run {
  tally: Tally;
  log: LogWatch;
  seconds: number;
  kills: number;
  descriptors: Descriptors;
  /** From the warm-up to the end. */
  masterMemory: Trend;
  /** Mean of the workers, in the calm. */
  workerMemory: Trend;
  end: ServerEnd;
}

/** What a failed soak leaves for its report. */
export class SoakError extends Error {
  override readonly name = 'SoakError';
  readonly tally: Tally;
  readonly log: LogWatch;

  constructor(cause: unknown, { tally, log }: Pick<Run, 'tally' | 'log'>) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.tally = tally;
    this.log = log;
  }
}

export class Soak {
  readonly #options: Options;
  readonly #progress: (text: string) => void;
  readonly #killer: Killer;
  readonly #tally = new Tally();
  readonly #log: LogWatch;
  readonly #server: SoakServer;
  readonly #load: Load;

  /** Starts the server. */
  constructor(options: Options, dir: string, progress: (text: string) => void) {
    const { seed, dispatch, killEvery } = options;
    const path = `${dir}/app.sock`;
    this.#options = options;
    this.#progress = progress;
    this.#killer = new Killer(killEvery, randomNumbers(seed, KILLER_STREAM));
    this.#log = new LogWatch((pid) => this.#killer.hasKilled(pid));
    this.#load = new Load({
      connect: connector({ kind: 'unix', path }),
      seed,
      places: PLACES,
      tally: this.#tally,
      wasKilled: () => this.#killer.explainsCut(),
    });
    this.#server = new SoakServer(path, dispatch, this.#log);
  }

  /** @throws SoakError when it could not be carried to its end */
  async run(): Promise<Run> {
    try {
      return await this.#run();
    } catch (cause) {
      throw new SoakError(cause, { tally: this.#tally, log: this.#log });
    } finally {
      this.destroy();
    }
  }

  /** Ends everything at once. */
  destroy(): void {
    this.#killer.stop();
    this.#server.destroy();
  }

  async #run(): Promise<Run> {
    const { requests } = this.#options;
    const warmUp = Math.ceil(requests * WARM_UP_SHARE);
    const calm = Math.ceil(requests * CALM_SHARE);
    const server = this.#server;
    const fresh = await settledDescriptors(await server.whenComplete());

    const first = await this.#underFire('warm-up', warmUp);
    const [masterBefore = Number.NaN] = await settledDescriptors([server.pid]);
    const masterMemory = new MemoryWatch([server.pid]);
    const storm = await this.#underFire('storm', requests - warmUp - calm);
    const old = await server.whenComplete();
    const workerMemory = new MemoryWatch(old);
    const last = await this.#phase('calm', calm);
    const [masterAfter = Number.NaN, ...workersAfter] = await settledDescriptors([
      server.pid,
      ...old,
    ]);
    const descriptors: Descriptors = {
      master: [masterBefore, masterAfter],
      workers: [fresh, workersAfter],
      details: [server.pid, ...old].map((pid) => `pid ${pid}: ${listDescriptors(pid).join(', ')}`),
    };
    const trends = { masterMemory: masterMemory.stop(), workerMemory: workerMemory.stop() };
    this.#load.close();
    const end = await server.stop();
    const { count: kills } = this.#killer;
    const seconds = first + storm + last;
    return { tally: this.#tally, log: this.#log, seconds, kills, descriptors, ...trends, end };
  }

  /** A phase in which workers are killed. Ends when they are all replaced. */
  async #underFire(name: string, count: number): Promise<number> {
    this.#killer.start(() => this.#server.workers());
    const seconds = await this.#phase(name, count);
    this.#killer.stop();
    await this.#server.whenComplete();
    return seconds;
  }

  /** @returns how long it took, seconds */
  async #phase(name: string, count: number): Promise<number> {
    const startedAt = performance.now();
    await this.#load.run(count);
    const seconds = (performance.now() - startedAt) / 1_000;
    this.#progress(`${name}: ${count} requests in ${seconds.toFixed(1)} s`);
    return seconds;
  }
}
