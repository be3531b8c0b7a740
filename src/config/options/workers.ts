// Options: the application, how many workers run it, and what they are started with.

import { z } from 'zod';
import { unexpected } from '../expectation.ts';
import type { OptionRows } from '../option-row.ts';
import type { ValueType } from '../value-type.ts';
import { duration, list, orOff, scalar, size, text, toggle, wholeNumber } from '../value-type.ts';

export interface WorkersConfig {
  /** Path of the handler module; `undefined`: the built-in demo. */
  readonly handler: string | undefined;
  /** Most workers. */
  readonly maxWorkers: number;
  /** Workers kept booted; 0: the first waiting connection boots one. */
  readonly minWorkers: number;
  /** Idle workers booted ahead of need, up to the maximum. */
  readonly spareWorkers: number;
  /** Time after which a surplus worker that is idle is retired, milliseconds. */
  readonly idleTimeout: number;
  /** Requests at once in one worker. */
  readonly concurrency: number;
  /** A worker is replaced after about so many requests; `undefined`: not for that. */
  readonly maxRequests: number | undefined;
  /** A worker is replaced after about so long, milliseconds; `undefined`: not for that. */
  readonly maxAge: number | undefined;
  /** A worker is replaced above this resident size, bytes; `undefined`: not for that. */
  readonly maxMemory: number | undefined;
  /** Time for a worker to load its handler, milliseconds. */
  readonly bootTimeout: number;
  /** Time for running requests at stop, milliseconds. */
  readonly gracefulTimeout: number;
  /** Time between the order to stop and the end of accepting, milliseconds. */
  readonly shutdownDelay: number;
  /** Workers of an older generation that are replaced at once. */
  readonly reloadParallel: number;
  /** Additions to the workers' environment, each `NAME=VALUE`. */
  readonly env: readonly string[];
  /** Whether workers inherit nothing of the server's own environment. */
  readonly clearEnv: boolean;
  /** Flags for the workers' `node`. */
  readonly nodeArg: readonly string[];
}

const MAX_WORKERS = 10_000;
/** As many as there is room for beside the pool. */
const MAX_PARALLEL = 8;
const MAX_CONCURRENCY = 10_000;
const MAX_REQUESTS = 1_000_000_000;

export const WORKERS: OptionRows<WorkersConfig> = {
  handler: {
    isPositional: true,
    type: text('the path of a handler module'),
    defaultText: 'built-in demo',
    onReload: 'changes',
    description: 'module that answers the requests',
  },
  maxWorkers: {
    valueName: 'N',
    type: wholeNumber(1, MAX_WORKERS),
    default: '5',
    // A worker only looks after programs: one has time for all that the machine can run.
    cgiDefault: '1',
    defaultText: '`WEB_CONCURRENCY` or 5; for CGI 1',
    defaultVariable: 'WEB_CONCURRENCY',
    onReload: 'changes',
    description: 'most workers',
  },
  minWorkers: {
    valueName: 'N',
    type: wholeNumber(0, MAX_WORKERS),
    default: '1',
    onReload: 'changes',
    description: 'workers kept booted; 0: the first waiting connection boots one',
  },
  spareWorkers: {
    valueName: 'N',
    type: wholeNumber(0, MAX_WORKERS),
    default: '1',
    onReload: 'changes',
    description: 'idle workers booted ahead of need; 0: growth on demand only',
  },
  idleTimeout: {
    valueName: 'TIME',
    type: duration(),
    default: '300s',
    onReload: 'changes',
    description: 'a surplus worker that is idle for so long is retired',
  },
  concurrency: {
    valueName: 'N',
    type: wholeNumber(1, MAX_CONCURRENCY),
    default: '1',
    cgiDefault: '16',
    defaultText: '1; for CGI 16',
    onReload: 'stays',
    description: 'requests at once in one worker',
  },
  maxRequests: {
    valueName: 'N',
    type: orOff(wholeNumber(1, MAX_REQUESTS)),
    default: 'off',
    onReload: 'changes',
    description: 'a worker is replaced after about so many requests',
  },
  maxAge: {
    valueName: 'TIME',
    type: orOff(duration(1)),
    default: 'off',
    onReload: 'changes',
    description: 'a worker is replaced after about so long',
  },
  maxMemory: {
    valueName: 'SIZE',
    type: orOff(size(1)),
    default: 'off',
    onReload: 'changes',
    description: 'a worker that occupies more than so much memory after a request is replaced',
  },
  bootTimeout: {
    valueName: 'TIME',
    type: duration(1),
    default: '60s',
    onReload: 'changes',
    description: 'time for a worker to load its handler',
  },
  gracefulTimeout: {
    valueName: 'TIME',
    type: duration(),
    default: '30s',
    onReload: 'changes',
    description: 'time for running requests when a worker or the server stops',
  },
  shutdownDelay: {
    valueName: 'TIME',
    type: duration(),
    default: '0',
    onReload: 'changes',
    description: 'time between TERM and the end of accepting, for whoever spreads the load',
  },
  reloadParallel: {
    valueName: 'N',
    type: wholeNumber(1, MAX_PARALLEL),
    default: '1',
    onReload: 'changes',
    description: 'workers that a reload replaces at once; so many more are there meanwhile',
  },
  env: {
    valueName: 'NAME=VALUE',
    type: environment(),
    defaultText: 'inherited',
    onReload: 'changes',
    description: "addition to the workers' environment",
  },
  clearEnv: {
    type: toggle(),
    default: 'off',
    onReload: 'changes',
    description: "start workers without the server's own environment",
  },
  nodeArg: {
    valueName: 'ARG',
    type: list(text("a flag of node's")),
    onReload: 'changes',
    description: "flag for the workers' node, such as --max-old-space-size=256",
  },
};

/** Assignments `NAME=VALUE`; a file may also write an object. */
function environment(): ValueType<readonly string[]> {
  const assignments = list(scalar(parseAssignment));
  const schema = z.unknown().transform(toAssignments).pipe(assignments.schema);
  return { ...assignments, schema };
}

function parseAssignment(given: string): string {
  if (given.indexOf('=') < 1 || given.includes('\0')) throw unexpected('NAME=VALUE', given);
  return given;
}

function toAssignments(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  // What is neither text nor a number is left for the schema to refuse.
  return Object.entries(value).map(([name, content]) =>
    ['string', 'number'].includes(typeof content) ? `${name}=${content}` : content,
  );
}
