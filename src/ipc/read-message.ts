// What comes from a worker's process is checked before the master believes it: the channel can be
// reached by application code, and no request may take the master down.

import type { WorkerMessage } from './messages.ts';

type Check = (message: Record<string, unknown>) => boolean;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): boolean => typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const areNumbers = (...values: unknown[]): boolean => values.every(Number.isFinite);
const isRequest: Check = ({ method, uri, id = '', startedAt, headSent, fd }) =>
  [method, uri, id].every(isText) && areNumbers(startedAt, fd) && typeof headSent === 'boolean';
const isEnd = (end: unknown): boolean =>
  Array.isArray(end) &&
  (end.length === 4 || end.length === 5) &&
  isCount(end[0]) &&
  end.every((value) => Number.isFinite(value) && (value as number) >= 0);
const areEnds = (ends: unknown): boolean => Array.isArray(ends) && ends.every(isEnd);
const hasId: Check = ({ id }) => isCount(id);

const CHECKS: Record<WorkerMessage['type'], Check> = {
  ready: ({ bootMs }) => typeof bootMs === 'number',
  'boot-failed': ({ error }) =>
    isObject(error) && isText(error['message']) && isText(error['stack']),
  imported: ({ files }) => Array.isArray(files) && files.every(isText),
  credit: ({ count }) => isCount(count),
  begun: hasId,
  missing: hasId,
  refused: hasId,
  closed: hasId,
  left: hasId,
  finished: ({ id, ends }) => isCount(id) && areEnds(ends),
  counted: ({ ends }) => areEnds(ends),
  activity: ({ bootMs, current }) =>
    areNumbers(bootMs) && (current === undefined || (isObject(current) && isRequest(current))),
  'status-wanted': ({ id, method, target }) => isCount(id) && isText(method) && isText(target),
  answering: hasId,
  answered: hasId,
  here: () => true,
  leaving: ({ reason }) => isText(reason),
  worn: ({ reason, isResting }) => isText(reason) && typeof isResting === 'boolean',
  log: ({ level, message, fields }) =>
    ['debug', 'info', 'warn', 'error'].includes(level as string) &&
    isText(message) &&
    isObject(fields),
};

/** Returns the message, or `undefined` when it is none of ours. */
export function readWorkerMessage(value: unknown): WorkerMessage | undefined {
  if (!isObject(value) || typeof value['type'] !== 'string') return undefined;
  if (!Object.hasOwn(CHECKS, value['type'])) return undefined;
  const check = CHECKS[value['type'] as WorkerMessage['type']];
  return check(value) ? (value as WorkerMessage) : undefined;
}
