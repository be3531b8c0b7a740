// Reloads a server by signals, and tells what came of it.

import type { LogRecord, RunningServer } from './start-server.ts';
import { waitFor } from './wait-for.ts';

/** Generous: workers boot one after the other, on a machine that is busy. */
const RELOADED_WITHIN_MS = 40_000;

/** The first line of the log, of those after the first `from`, whose message matches; waited for. */
export function loggedAfter(
  server: RunningServer,
  from: number,
  pattern: RegExp,
): Promise<LogRecord> {
  return waitFor(
    `the log line ${pattern}\n${server.log.map(({ msg }) => msg).join('\n')}`,
    () => server.log.slice(from).find(({ msg }) => pattern.test(msg)),
    RELOADED_WITHIN_MS,
  );
}

/** Sends the signal and waits for the end of the reload. @returns its line in the log */
export async function reload(
  server: RunningServer,
  signal: 'SIGHUP' | 'SIGUSR2' = 'SIGHUP',
): Promise<LogRecord> {
  const from = server.log.length;
  server.process.kill(signal);
  return loggedAfter(server, from, /^reload (done|failed|is incomplete)/);
}

/** Looks at the workers until `isOver`. @returns the most that were there at once */
export async function mostWorkers(server: RunningServer, isOver: () => boolean): Promise<number> {
  let most = 0;
  await waitFor(
    'the end of what is looked at',
    () => {
      most = Math.max(most, server.workers().length);
      return isOver();
    },
    RELOADED_WITHIN_MS,
  );
  return most;
}
