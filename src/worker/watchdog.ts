// A worker's watchdog: a thread that sees what runs here for too long, whatever the main thread is caught in.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker as Thread } from 'node:worker_threads';
import type { RequestObserver } from '../connection/request-observer.ts';
import { RunningRequests } from './running-requests.ts';
import { RunningTable } from './running-table.ts';

/** What the thread is told at its start. */
export interface WatchdogSettings {
  /** Of a {@link RunningTable}. */
  memory: SharedArrayBuffer;
  /** Age at which a request is slow, milliseconds. */
  afterMs: number;
  /** Descriptor that its lines are written to. */
  fd: number;
  /** URL of the folder that this server's files are in. */
  ownRoot: string;
}

export interface WatchdogOptions {
  afterMs: number;
  fd: number;
  concurrency: number;
}

/** It runs little, and keeps nothing. */
const MEMORY = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

export class Watchdog {
  readonly #code: string;
  readonly #settings: WatchdogSettings;

  /** Reads what the thread runs: call it while this program's files can be read. */
  constructor({ afterMs, fd, concurrency }: WatchdogOptions) {
    this.#code = threadCode();
    const ownRoot = new URL('../', import.meta.url).href;
    this.#settings = { memory: RunningTable.allocate(concurrency), afterMs, fd, ownRoot };
  }

  /**
   * Starts the thread.
   *
   * @param failed - told if it cannot be started, or ends
   * @returns what makes an observer that tells the thread, and then the given one, of requests
   */
  start(failed: (error: Error) => void): (next: RequestObserver) => RequestObserver {
    const options = { name: 'watchdog', eval: true, resourceLimits: MEMORY };
    // Modules that the application has loaded first, by flags or NODE_OPTIONS, are not for this thread.
    const bare = { execArgv: [], env: {} };
    try {
      const thread = new Thread(this.#code, { ...options, ...bare, workerData: this.#settings });
      thread.on('error', failed);
      thread.unref();
    } catch (error) {
      failed(error as Error);
    }
    return (next) => new RunningRequests(new RunningTable(this.#settings.memory), next);
  }
}

/** Beside this file, compiled or not as it is. A thread does not inherit what loads TypeScript. */
function threadCode(): string {
  if (!import.meta.url.endsWith('.ts')) {
    return readFileSync(fileURLToPath(new URL('./watchdog-thread.cjs', import.meta.url)), 'utf8');
  }
  const entry = new URL('./watchdog-thread.ts', import.meta.url).href;
  return `import('tsx/esm/api').then(({ register }) => { register(); return import('${entry}'); })`;
}
