// The part of the configuration that workers need.

import type { Config } from '../config/config.ts';
import type { WorkerSettings } from '../ipc/messages.ts';

/** Returns what every worker is told at its start, but for what its place in the pool decides. */
export function workerSettings(config: Config): Omit<WorkerSettings, 'slot' | 'intake'> {
  const { handler, concurrency, headerTimeout, bodyTimeout, sendTimeout } = config;
  const { cgi, cgiArg: args, passEnv, direct, mount, allowHost } = config;
  const { absoluteRedirects, sendfile } = config;
  const { requestTimeout, gracefulTimeout, maxHeaderSize, maxBodySize } = config;
  const { accessLog, accessLogFormat, accessLogFile, logLevel, logMask } = config;
  const { requestStart, slowLog, statusPath, watch } = config;
  const { maxRequests, maxAge, maxMemory } = config;
  const isRecycled = (maxRequests ?? maxAge ?? maxMemory) !== undefined;
  return {
    handler,
    cgi: cgi === undefined ? undefined : { path: cgi, args, passEnv, direct },
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
    absoluteRedirects,
    sendfile,
    accessLog,
    accessLogFormat,
    hasAccessFile: accessLogFile !== undefined,
    logLevel,
    logMask,
    requestStart,
    slowLog,
    statusPath,
    watch,
    recycling: isRecycled ? { maxRequests, maxAge, maxMemory } : undefined,
  };
}
