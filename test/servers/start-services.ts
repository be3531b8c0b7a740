// Services under the real svscan or runsvdir, for the tests of one file; and what is left of them: nothing.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Replacement } from '../helpers/config-sample.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import { request } from '../helpers/scgi-peer.ts';
import { childrenOf, cleanEnvironment, HANDLERS } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { dispatchVariable, readIfThere } from './started-by.ts';
import type { ServicePlace, Supervisor } from './supervisors.ts';
import { ACCOUNT, writeService } from './supervisors.ts';

/** Generous: other work may have the processors. */
const WITHIN_MS = 30_000;
/** Of a log, in a message. */
const LAST_LINES = 30;

export interface ServiceOptions {
  name?: string;
  /** File in test/fixtures/handlers. */
  handler?: string;
  /** More options. */
  args?: string;
  /** Where it runs, instead of a folder that is there. */
  app?: string;
  /** What is replaced in which file of the service, besides what belongs to the machine. */
  samples?: Record<string, readonly Replacement[]>;
  /** Called before the supervisor starts. */
  before?: (place: ServicePlace) => void;
}

export interface Service extends ServicePlace {
  address: PeerAddress;
  /** `up`, `down`, or a signal's name as `sv` has it. */
  control(order: string): void;
  status(): string;
  /** The master, or what is on the way to become it; `undefined` when the service is down. */
  pid(): number | undefined;
  workers(): number[];
  /** Waits until it answers, by another master than `before`. @returns its pid */
  serves(before?: number): Promise<number>;
  isDown(): Promise<void>;
  /** The lines of its log, without time stamps; those of rotated files come first. */
  lines(): string[];
  logged(pattern: RegExp): Promise<string>;
}

export interface Services {
  /** Of the supervisor, and of all that it has started. */
  group: number;
  services: [Service, ...Service[]];
  /** Ends everything. */
  stop: () => Promise<void>;
}

/** Starts the supervisor with these services. Whoever calls it calls `stop`. */
export function startServices(
  supervisor: Supervisor,
  [first, ...others]: readonly [ServiceOptions, ...ServiceOptions[]],
): Services {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'scgi-'));
  fs.chmodSync(dir, 0o755);
  const make = (options: ServiceOptions): Service => makeService(supervisor, dir, options);
  const services: [Service, ...Service[]] = [make(first), ...others.map(make)];
  // In a session of its own, so that all of it can be told by its process group.
  const scan = spawn(supervisor.scan, [path.join(dir, 'services')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
    cwd: dir,
    env: { ...cleanEnvironment(), ...dispatchVariable() },
  });
  const group = scan.pid ?? -1;
  const stop = async (): Promise<void> => {
    await stopAll(supervisor, scan, services);
    fs.rmSync(dir, { recursive: true, force: true });
  };
  return { group, services, stop };
}

function makeService(supervisor: Supervisor, dir: string, options: ServiceOptions): Service {
  const { name = 'app', handler = 'kitchen.mjs', args = '', samples = {} } = options;
  const place: ServicePlace = {
    dir: path.join(dir, 'services', name),
    run: path.join(dir, `${name}.run`),
    app: options.app ?? dir,
    log: path.join(dir, `${name}.log`),
  };
  fs.mkdirSync(place.log);
  if (ACCOUNT === 'nobody') fs.chownSync(place.log, 65_534, 65_534);
  const words = [args, path.join(HANDLERS, handler)].filter((word) => word !== '').join(' ');
  const run: Replacement[] = [[' hello.mjs\n', ` ${words}\n`]];
  writeService(supervisor, place, { ...samples, run: [...(samples['run'] ?? []), ...run] });
  options.before?.(place);
  return new RunningService(supervisor, place);
}

class RunningService implements Service {
  readonly #supervisor: Supervisor;
  readonly dir: string;
  readonly run: string;
  readonly app: string;
  readonly log: string;
  readonly address: PeerAddress;

  constructor(supervisor: Supervisor, { dir, run, app, log }: ServicePlace) {
    this.#supervisor = supervisor;
    this.dir = dir;
    this.run = run;
    this.app = app;
    this.log = log;
    this.address = { path: path.join(run, 'app.sock') };
  }

  control(order: string): void {
    this.#supervisor.control(this.dir, order);
  }

  status(): string {
    return this.#supervisor.status(this.dir);
  }

  pid(): number | undefined {
    const pid = /^(?:run: \S+|\S+: up) \(pid (\d+)\)/.exec(this.status())?.[1];
    return pid === undefined ? undefined : Number(pid);
  }

  workers(): number[] {
    return childrenOf(this.pid() ?? -1);
  }

  serves(before?: number): Promise<number> {
    return this.#wait('the service to serve', async () => {
      const pid = this.pid();
      if (pid === undefined || pid === before) return undefined;
      const answer = await request(this.address, { path: '/hello' }).catch(() => undefined);
      return answer?.status === 200 && this.pid() === pid ? pid : undefined;
    });
  }

  async isDown(): Promise<void> {
    const isDown = (): boolean => /^down: .*normally up|: down .*normally up/.test(this.status());
    await this.#wait('the service to be down', isDown);
  }

  lines(): string[] {
    const names = fs.readdirSync(this.log).filter((name) => name.startsWith('@'));
    // A log file may be renamed at any time.
    return [...names.sort(), 'current']
      .flatMap((name) => readIfThere(path.join(this.log, name)).split('\n'))
      .map((line) => line.replace(this.#supervisor.stamp, ''))
      .filter((line) => line !== '');
  }

  logged(pattern: RegExp): Promise<string> {
    return this.#wait(`the log line ${pattern}`, () =>
      this.lines().find((line) => pattern.test(line)),
    );
  }

  /** Tells what the service has said when it waits in vain. */
  async #wait<T>(what: string, probe: () => T | Promise<T>): Promise<NonNullable<T>> {
    try {
      return await waitFor(what, probe, WITHIN_MS);
    } catch (cause) {
      const text = [this.status(), ...this.lines().slice(-LAST_LINES)].join('\n');
      throw new Error(text, { cause });
    }
  }
}

async function stopAll(
  supervisor: Supervisor,
  scan: ChildProcess,
  services: readonly Service[],
): Promise<void> {
  const group = scan.pid ?? -1;
  // A test may have stopped a process and failed.
  if (isThere(group)) process.kill(-group, 'SIGCONT');
  scan.kill(supervisor.scanEnd);
  try {
    await waitFor(
      `the end of ${supervisor.scan}`,
      () => scan.exitCode !== null || scan.signalCode !== null,
      WITHIN_MS,
    );
    for (const { dir } of services) exitIfThere(supervisor, dir);
    await waitFor('the end of all services', () => !isThere(group), WITHIN_MS);
  } catch (error) {
    process.kill(-group, 'SIGKILL');
    throw error;
  }
}

/** svscan leaves what it has started; runsvdir does not. */
function exitIfThere(supervisor: Supervisor, dir: string): void {
  for (const part of [dir, path.join(dir, 'log')]) {
    try {
      supervisor.control(part, 'exit');
    } catch {
      // It is gone already.
    }
  }
}

/** Whether a process group has members. */
function isThere(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    // It has none.
    return false;
  }
}
