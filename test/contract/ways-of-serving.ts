// The ways in which the whole program serves an application, alike for whoever asks it.

import { onTestFailed, onTestFinished } from 'vitest';
import type { Inetd } from '../helpers/inetd-process.ts';
import { inetdNowait, inetdWait } from '../helpers/inetd-process.ts';
import type {
  LaunchedServer,
  LogRecord,
  RunningServer,
  StartOptions,
} from '../helpers/start-server.ts';
import { launchServer, startServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** What is served: a handler or a CGI program, by its absolute path. */
export type Application = { handler: string } | { cgi: string };

/** What a test sees of what serves. */
export type Served = Pick<RunningServer, 'address' | 'log' | 'logged' | 'workers'>;

export interface WayOfServing {
  name: string;
  /** One process serves all connections, or each has its own. */
  isLasting: boolean;
  /** @param expectErrors - errors in the log that the test provokes; any other fails it */
  start(application: Application, expectErrors?: RegExp): Promise<Served>;
  /** The same for several tests, each of which sees it through {@link fromNowOn}. */
  launch?: (application: Application) => Promise<LaunchedServer>;
}

/** A pool of one worker, so that it is known which one works. */
function poolWith(dispatch: string): WayOfServing {
  const args = ['--dispatch', dispatch, '--max-workers', '1'];
  const options = (application: Application): StartOptions =>
    'cgi' in application ? { cgi: [application.cgi], args } : { ...application, args };
  return {
    name: `with the ${dispatch} dispatcher`,
    isLasting: true,
    start: (application, expectErrors) =>
      startServer({ ...options(application), ...(expectErrors && { expectErrors }) }),
    // Each test looks for surprises itself.
    launch: (application) => launchServer({ ...options(application), expectErrors: /./ }),
  };
}

/** What a test sees of a server that others have used before it: the log begins now. */
export function fromNowOn(server: LaunchedServer, expectErrors?: RegExp): Served {
  const from = server.log.length;
  onTestFailed(() => console.error(show(server.log)));
  return watched(
    {
      address: () => server.address(),
      workers: () => server.workers(),
      get log() {
        return server.log.slice(from);
      },
    },
    expectErrors,
  );
}

export const POOLS: readonly WayOfServing[] = ['native', 'portable'].map(poolWith);

export const INETD_WAIT: WayOfServing = {
  name: 'under inetd with wait',
  isLasting: true,
  start: (application, expectErrors) =>
    Promise.resolve(servedBy(inetdWait({ args: inetdArgs(application) }), expectErrors)),
};

export const INETD_NOWAIT: WayOfServing = {
  name: 'under inetd with nowait',
  isLasting: false,
  start: async (application, expectErrors) =>
    servedBy(await inetdNowait({ args: inetdArgs(application) }), expectErrors),
};

function inetdArgs(application: Application): string[] {
  return 'cgi' in application ? ['--cgi', application.cgi] : [application.handler];
}

function servedBy(inetd: Inetd, expectErrors: RegExp | undefined): Served {
  return watched(
    {
      address: () => inetd.address,
      get log() {
        return inetd.log().split('\n').slice(0, -1).map(parseLine);
      },
      workers: () =>
        inetd.processes
          .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
          .map(({ pid }) => pid ?? -1),
    },
    expectErrors,
  );
}

/** Adds a look for lines, and fails the test at its end for those that nobody expected. */
function watched(seen: Omit<Served, 'logged'>, expectErrors: RegExp | undefined): Served {
  onTestFinished(() => {
    const surprises = seen.log.filter(
      ({ level, msg }) =>
        (level === 'error' || level === 'raw') && expectErrors?.test(msg) !== true,
    );
    if (surprises.length > 0) throw new Error(`unexpected in the log: ${show(surprises)}`);
  });
  return {
    address: () => seen.address(),
    workers: () => seen.workers(),
    get log() {
      return seen.log;
    },
    logged: (pattern, timeoutMs) =>
      waitFor(
        `the log line ${pattern}`,
        () => seen.log.find(({ msg }) => pattern.test(msg)),
        timeoutMs,
      ),
  };
}

function show(lines: readonly LogRecord[]): string {
  return lines.map((line) => JSON.stringify(line)).join('\n');
}

/** Without a master the log is text, whose fields begin with the process, among what is printed. */
function parseLine(line: string): LogRecord {
  const found = /^(debug|info|warn|error) +(.*?)( worker=\d+.*)$/.exec(line);
  if (found === null) return { level: 'printed', msg: line };
  const [, level = '', msg = '', fields] = found;
  return { level, msg, fields };
}
