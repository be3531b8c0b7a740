// The soak's own command line.

import { parseArgs } from 'node:util';

export interface Options {
  requests: number;
  dispatch: 'native' | 'portable' | 'auto';
  /** Least milliseconds from one killed worker to the next. */
  killEvery: number;
  seed: number;
  /** JSON instead of the table. */
  json: boolean;
}

export const HELP: string = `Usage: npm run soak -- [options]

  --requests N      how many requests (default 2000000; 40000 take about half a minute)
  --dispatch MODE   native, portable or auto (default native)
  --kill-every MS   least time from one killed worker to the next (default 200)
  --seed N          another sequence of requests (default: one that is new each time, and reported)
  --json            JSON instead of the table

Exit codes: 0 all is well, 1 something is not, 64 usage
`;

const MODES = ['native', 'portable', 'auto'] as const;

/** Enough for four letters of a token: two seeds have two tokens. */
const MOST_SEEDS = 36 ** 4;

/** @returns the options; `undefined` when help was asked for */
export function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '2000000' },
      dispatch: { type: 'string', default: 'native' },
      'kill-every': { type: 'string', default: '200' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const dispatch = MODES.find((mode) => mode === values.dispatch);
  if (dispatch === undefined) throw new Error(`--dispatch takes ${MODES.join(', ')}`);
  return {
    requests: wholeNumber('--requests', values.requests, 100),
    dispatch,
    killEvery: wholeNumber('--kill-every', values['kill-every'], 100),
    seed: wholeNumber('--seed', values.seed ?? `${Date.now() % MOST_SEEDS}`, 0) % MOST_SEEDS,
    json: values.json,
  };
}

function wholeNumber(name: string, given: string, least: number): number {
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${name} takes a whole number from ${least} upward, not "${given}"`);
}
