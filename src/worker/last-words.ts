// What a worker still does when its process is ended from inside, by a handler or a library: nothing can
// be waited for any more.

import type { OpenConnections } from '../connection/open-connections.ts';
import type { Outcome } from '../connection/outcome.ts';
import type { HandlerLog } from '../gateway/handler.ts';
import { toErrorRecord } from '../ipc/error-record.ts';

interface LastParts {
  open: OpenConnections;
  log: HandlerLog;
  /** Nobody else has the connections. Where Node passes them, the master does, and answers. */
  mayAnswer: boolean;
  /** It was told to leave, and has finished. */
  isLeaving: boolean;
}

/** Peers take a moment to close after their answer; for so long it can be lost. Milliseconds. */
export const LAST_READ_MS = 200;
/** Requests that are named in one line. */
const MOST_NAMES = 10;

/** Answers what was not answered, and tells what ended and why. Call it in the 'exit' event. */
export function lastWords(code: number, { open, log, mayAnswer, isLeaving }: LastParts): void {
  const connections = open.all();
  const requests = open.requests();
  if (isLeaving && connections.length === 0) return;
  const meanwhile = requests.length === 0 ? '' : ` while serving ${namesOf(requests)}`;
  const reason = new Error(`process.exit(${code}) was called${meanwhile}`);
  reason.name = 'ProcessExit';
  reason.stack = fromTheCall(reason);
  log.error(`${reason.message}: this worker exits`, {
    request: requests[0]?.id,
    err: toErrorRecord(reason),
  });
  if (!mayAnswer) return;
  void open.stopAll({ reason, status: 500 });
  const until = performance.now() + LAST_READ_MS;
  for (const connection of connections) connection.discardNow(until);
}

/** The stack without its newest frames, which are ours and Node's: where the process was ended. */
function fromTheCall({ name, message, stack = '' }: Error): string {
  const frames = stack.split('\n').slice(1);
  const exit = frames.findIndex((frame) => frame.includes(' process.exit '));
  return [`${name}: ${message}`, ...frames.slice(exit + 1)].join('\n');
}

/** Names requests in a sentence: the first of them, where there are many. */
export function namesOf(requests: readonly NonNullable<Outcome['request']>[]): string {
  const names = requests.slice(0, MOST_NAMES).map(({ method, uri }) => `${method} ${uri}`);
  const others = requests.length - names.length;
  return names.join(', ') + (others === 0 ? '' : ` and ${others} more`);
}
