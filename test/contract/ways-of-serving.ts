// The ways in which the whole program serves an application, alike for whoever asks it.

import { onTestFinished } from 'vitest';
import type { Inetd } from '../helpers/inetd-process.ts';
import { inetdNowait, inetdWait } from '../helpers/inetd-process.ts';
import type { LogRecord, RunningServer } from '../helpers/start-server.ts';
import { startServer } from '../helpers/start-server.ts';
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
}

/** A pool of one worker, so that it is known which one works. */
function poolWith(dispatch: string): WayOfServing {
  const args = ['--dispatch', dispatch, '--max-workers', '1'];
  return {
    name: `with the ${dispatch} dispatcher`,
    isLasting: true,
    start: (application, expectErrors) => {
      const what = 'cgi' in application ? { cgi: [application.cgi] } : application;
      return startServer({ ...what, args, ...(expectErrors && { expectErrors }) });
    },
  };
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
  const served: Served = {
    address: () => inetd.address,
    get log() {
      return inetd.log().split('\n').slice(0, -1).map(parseLine);
    },
    logged: (pattern, timeoutMs) =>
      waitFor(
        `the log line ${pattern}`,
        () => served.log.find(({ msg }) => pattern.test(msg)),
        timeoutMs,
      ),
    workers: () =>
      inetd.processes
        .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
        .map(({ pid }) => pid ?? -1),
  };
  onTestFinished(() => {
    const surprises = served.log.filter(
      ({ level, msg }) => level === 'error' && expectErrors?.test(msg) !== true,
    );
    if (surprises.length > 0) throw new Error(`unexpected in the log: ${inetd.log()}`);
  });
  return served;
}

/** Without a master the log is text, whose fields begin with the process, among what is printed. */
function parseLine(line: string): LogRecord {
  const found = /^(debug|info|warn|error) +(.*?)( worker=\d+.*)$/.exec(line);
  if (found === null) return { level: 'printed', msg: line };
  const [, level = '', msg = '', fields] = found;
  return { level, msg, fields };
}
