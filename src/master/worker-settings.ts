// The part of the configuration that workers need.

import type { Config } from '../config/config.ts';
import type { WorkerSettings } from '../ipc/messages.ts';

/** Returns what every worker is told at its start, but for what its place in the pool decides. */
export function workerSettings(config: Config): Omit<WorkerSettings, 'slot' | 'intake'> {
  const { handler, concurrency, headerTimeout, bodyTimeout, sendTimeout } = config;
  const { requestTimeout, gracefulTimeout, maxHeaderSize, maxBodySize, mount, allowHost } = config;
  const { accessLog, logLevel, watch } = config;
  return {
    handler,
    concurrency,
    headerTimeout,
    bodyTimeout,
    sendTimeout,
    requestTimeout,
    gracefulTimeout,
    maxHeaderSize,
    maxBodySize,
    mount,
    allowHost,
    accessLog,
    logLevel,
    watch,
  };
}
