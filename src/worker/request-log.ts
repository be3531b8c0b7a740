// What is written of requests that are over: into the log, and into the access log where that has a form
// or a file of its own.

import { isOrdinary, type Outcome } from '../connection/outcome.ts';
import type { HandlerLog } from '../gateway/handler.ts';
import type { WorkerSettings } from '../ipc/messages.ts';
import { formatAccess } from './access-line.ts';
import type { LogSettings } from './describe-outcome.ts';
import { describeOutcome } from './describe-outcome.ts';

export interface RequestLogParts {
  settings: Pick<WorkerSettings, 'slot' | 'accessLogFormat' | 'hasAccessFile'> & LogSettings;
  log: HandlerLog;
  /** Takes whole lines, or returns false; absent: there is nobody who would. */
  writeAccess?: ((line: string) => boolean) | undefined;
}

/** Returns what is to be told of every connection that is over. */
export function createRequestLog(parts: RequestLogParts): (outcome: Outcome) => void {
  const { settings, log, writeAccess } = parts;
  const { slot: worker, accessLog, accessLogFormat: format } = settings;
  const isSeparate = isAccessSeparate(settings) && writeAccess !== undefined;
  // The log still tells what went wrong, and why.
  const mode = isSeparate && accessLog === 'all' ? 'errors' : accessLog;
  const told = { ...settings, accessLog: mode };
  let dropped = 0;
  return (outcome) => {
    for (const { level, message, fields } of describeOutcome(outcome, told)) {
      log[level](message, fields);
    }
    const { request } = outcome;
    if (!isSeparate || request === undefined || accessLog === 'off') return;
    if (accessLog === 'errors' && isOrdinary(outcome)) return;
    const finished = { request, outcome, limits: settings, worker, at: new Date() };
    if (!writeAccess(formatAccess(finished, format))) {
      dropped++;
    } else if (dropped > 0) {
      log.error(`${dropped} lines of the access log were dropped: the master did not keep up`);
      dropped = 0;
    }
  };
}

/** The lines of requests are not simply lines of the log. */
function isAccessSeparate({
  accessLogFormat,
  hasAccessFile,
}: RequestLogParts['settings']): boolean {
  return hasAccessFile || accessLogFormat !== 'text';
}

/** Whether lines tell more of who asks than the log does. */
export function describesClient(settings: RequestLogParts['settings']): boolean {
  return settings.accessLogFormat !== 'text' && settings.accessLog !== 'off';
}
