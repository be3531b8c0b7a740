// The part of the configuration that a pool works with.

import type { Config } from '../config/config.ts';
import { ServerError } from '../errors.ts';
import type { Privileges } from '../privileges/resolve-privileges.ts';
import type { PoolSettings } from './pool.ts';
import { workerEnvironment } from './spawn-worker.ts';
import { workerSettings } from './worker-settings.ts';

/** What a server has, once it has been started. */
export interface PoolGround {
  privileges: Privileges;
  /** Most workers that a pool may ever be told to have. */
  mostWorkers: number;
  /** What workers know pings by; absent: there are none. */
  pingDigest: string | undefined;
}

/** @throws ServerError `ERR_SCGI_CONFIG` for more workers than there is room for */
export function poolSettings(
  config: Config,
  { privileges, mostWorkers, pingDigest }: PoolGround,
): PoolSettings {
  const { minWorkers: min, spareWorkers: spare, maxWorkers: max, idleTimeout } = config;
  requireRoom('maxWorkers', max, mostWorkers);
  const { settings, environment } = privileges;
  // Who works on a handler does not wait for one worker after the other.
  const replacing = config.watch ? Infinity : config.reloadParallel;
  return {
    limits: { min, spare, max, idleTimeout, replacing },
    bootTimeout: config.bootTimeout,
    linger: config.linger,
    worker: { ...workerSettings(config), privileges: settings, ping: pingDigest },
    spawn: {
      nodeArgs: config.nodeArg,
      env: workerEnvironment(process.env, [...environment, ...config.env], config.clearEnv),
    },
  };
}

/** @throws ServerError `ERR_SCGI_CONFIG` */
export function requireRoom(what: string, workers: number, most: number): void {
  if (workers <= most) return;
  const advice =
    'which is what this server was started for; more need a restart with a greater --max-workers';
  throw new ServerError(
    'ERR_SCGI_CONFIG',
    `${what}: expected at most ${most}, ${advice}; got ${workers}`,
  );
}
