// How much memory the one worker of a server takes, from /proc.

import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const PAUSE_MS = 100;
/** Garbage collection goes on for a while. */
const STEADY_BYTES = 1024 * 1024;

export class WorkerMemory {
  readonly #pid: number;
  readonly #before: number;

  /** Starts from what the worker takes now. */
  constructor(server: RunningServer) {
    this.#pid = server.workers()[0] ?? -1;
    this.#before = this.#read('VmRSS');
  }

  /** The most by which it has grown since, at any time; bytes. */
  growth(): number {
    return this.#read('VmHWM') - this.#before;
  }

  /** Resolves when it does not grow any more. */
  async steady(): Promise<void> {
    let last = Number.NEGATIVE_INFINITY;
    await waitFor('the memory of the worker to be steady', async () => {
      const former = last;
      last = this.#read('VmRSS');
      await delay(PAUSE_MS);
      return last - former < STEADY_BYTES;
    });
  }

  #read(field: 'VmRSS' | 'VmHWM'): number {
    const status = fs.readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  }
}
