// How much memory the worker of a test takes while it streams, from /proc.

import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import type { Served } from './ways-of-serving.ts';

const PAUSE_MS = 100;
/** A process for one connection ends with it: it is looked at all the time. */
const SAMPLE_MS = 10;
/** Garbage collection goes on for a while. */
const STEADY_BYTES = 1024 * 1024;

/** What the worker that was started last takes now, bytes. */
export function residentBytes(server: Served): number {
  return read(server.workers().at(-1) ?? -1, 'VmRSS') ?? Number.NaN;
}

/** The most that it has taken in its life, bytes. */
export function peakBytes(server: Served): number {
  return read(server.workers().at(-1) ?? -1, 'VmHWM') ?? Number.NaN;
}

export class WorkerMemory {
  readonly #server: Served;
  readonly #before: number;
  #pid = -1;
  #most = Number.NaN;

  /** @param before - what a worker takes that streams nothing, bytes */
  constructor(server: Served, before: number) {
    this.#server = server;
    this.#before = before;
  }

  /** Looks at the worker that serves, from now until it or the test ends. */
  async watch(): Promise<void> {
    this.#pid = await waitFor('the worker', () => this.#server.workers().at(-1));
    this.#look();
    const clock = setInterval(() => this.#look(), SAMPLE_MS);
    onTestFinished(() => clearInterval(clock));
  }

  /** The most by which it has been larger, at any time of its life; bytes. */
  growth(): number {
    this.#look();
    return this.#most - this.#before;
  }

  /** Resolves when it does not grow any more. */
  async steady(): Promise<void> {
    let last = Number.NEGATIVE_INFINITY;
    await waitFor('the memory of the worker to be steady', async () => {
      const former = last;
      last = read(this.#pid, 'VmRSS') ?? Number.NaN;
      await delay(PAUSE_MS);
      return last - former < STEADY_BYTES;
    });
  }

  #look(): void {
    this.#most = read(this.#pid, 'VmHWM') ?? this.#most;
  }
}

/** @returns bytes; undefined when the process is gone */
function read(pid: number, field: 'VmRSS' | 'VmHWM'): number | undefined {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    // A process that is ending has no memory any more.
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
