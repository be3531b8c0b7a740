// What the log says of a connection. Pure; nothing is said of an ordinary answer unless asked.

import { isOrdinary, type Outcome } from '../connection/outcome.ts';
import type { LogLevel, WorkerSettings } from '../ipc/messages.ts';
import { toErrorRecord } from '../ipc/error-record.ts';
import { StoppingError } from '../connection/connection-errors.ts';
import type { TimeLimits } from './describe-timeout.ts';
import { describeTimeout } from './describe-timeout.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';

export interface LogLine {
  level: LogLevel;
  message: string;
  fields: Record<string, unknown>;
}

interface Verdict {
  level: LogLevel;
  text: string;
  /** Said whatever the access log mode: somebody has to mend something. */
  always?: boolean;
}

/** What is to be told of a connection, and the limits that it was under. */
export type LogSettings = Pick<WorkerSettings, 'accessLog'> & TimeLimits;

/** Returns the lines that `outcome` deserves under the access log mode: none, one, or a warning more. */
export function describeOutcome(outcome: Outcome, settings: LogSettings): LogLine[] {
  const lines = outcome.warnings.map((warning) => toWarning(outcome, warning));
  const verdict = judge(outcome, settings.accessLog, settings);
  if (verdict !== undefined && (settings.accessLog !== 'off' || verdict.always === true)) {
    lines.push(toLine(outcome, verdict));
  }
  return lines;
}

/** Returns the line that `outcome` has where every request has one. */
export function describeAccess(outcome: Outcome, limits: TimeLimits): LogLine {
  return toLine(outcome, judge(outcome, 'all', limits));
}

function judge(outcome: Outcome, mode: 'all', limits: TimeLimits): Verdict;
function judge(
  outcome: Outcome,
  mode: WorkerSettings['accessLog'],
  limits: TimeLimits,
): Verdict | undefined;
function judge(
  outcome: Outcome,
  mode: WorkerSettings['accessLog'],
  limits: TimeLimits,
): Verdict | undefined {
  const { status = 0 } = outcome;
  switch (outcome.kind) {
    case 'answered':
      if (isOrdinary(outcome) && mode !== 'all') return undefined;
      return { level: status >= 500 ? 'warn' : 'info', text: 'answered' };
    case 'refused':
      return { level: 'warn', text: outcome.refusal ?? 'refused' };
    case 'handler-failed':
      return { level: 'error', text: `the handler failed${afterHead(outcome)}`, always: true };
    case 'response-invalid':
      return { level: 'error', text: 'the response of the handler cannot be sent', always: true };
    case 'response-short':
      return { level: 'error', text: `the response is short${afterHead(outcome)}`, always: true };
    case 'malformed':
      return { level: 'warn', text: 'this is no SCGI request', always: true };
    case 'timed-out':
      return { level: 'warn', text: `${timeout(outcome, limits)}${afterHead(outcome)}` };
    case 'aborted':
      return { level: outcome.request ? 'info' : 'debug', text: 'the web server hung up' };
    case 'stopped':
      return { level: 'warn', text: 'ended before it was answered', always: true };
    case 'empty':
      return { level: 'debug', text: 'a connection closed without a byte' };
  }
}

function timeout({ phase = 'header' }: Outcome, limits: TimeLimits): string {
  return describeTimeout(phase, limits);
}

function afterHead(outcome: Outcome): string {
  return outcome.cut ? ' after its head was sent: the connection was cut' : '';
}

function toWarning(outcome: Outcome, warning: string): LogLine {
  const message = `${requestName(outcome)}: ${warning}`;
  return { level: 'warn', message, fields: { request: outcome.request?.id } };
}

function toLine(outcome: Outcome, verdict: Verdict): LogLine {
  const { error } = outcome;
  const fields: Record<string, unknown> = {
    request: outcome.request?.id,
    status: outcome.status,
    ms: Math.round(outcome.durationMs * 10) / 10,
    in: outcome.bytesIn,
    out: outcome.bytesOut,
    peer: outcome.peer ?? 'unix',
  };
  let message = `${requestName(outcome)}: ${verdict.text}`;
  if (error instanceof ProtocolError) {
    message += `: ${error.message}`;
    if (error.hint !== undefined) fields['hint'] = error.hint;
  } else if (outcome.kind === 'stopped' && error instanceof StoppingError) {
    message += `: ${error.message}`;
  } else if (verdict.level === 'error' || outcome.kind === 'stopped') {
    fields['err'] = toErrorRecord(error);
  }
  return { level: verdict.level, message, fields };
}

function requestName(outcome: Outcome): string {
  const { request } = outcome;
  return request === undefined ? 'connection' : `${request.method} ${request.uri}`;
}
