// The soak's own command line.

import { parseArgs } from 'node:util';

export interface Options {
  /** Names of scenarios; empty: all. */
  scenarios: string[];
  requests: number;
  /** Of the counts of all scenarios but the storm, 0 to 1. */
  share: number;
  dispatch: 'native' | 'portable' | 'auto';
  /** Least milliseconds from one killed worker to the next. */
  killEvery: number;
  seed: number;
  /** JSON instead of the tables. */
  json: boolean;
}

export const USAGE = `Usage: npm run soak -- [options] [scenario...]

  --dispatch MODE   native, portable or auto (default native)
  --requests N      requests of the storm (default 2000000; 40000 take about half a minute)
  --kill-every MS   the storm's least time from one killed worker to the next (default 200)
  --seed N          another sequence of requests (default: one that is new each time, and reported)
  --share F         that part of what the other scenarios do, such as 0.1 (default 1)
  --json            JSON instead of the tables

Exit codes: 0 all is well, 1 something is not, 64 usage
`;

const MODES = ['native', 'portable', 'auto'] as const;

/** Enough for four letters of a token: two seeds have two tokens. */
const MOST_SEEDS = 36 ** 4;

/**
 * @param known - names of scenarios
 * @returns the options; `undefined` when help was asked for
 */
export function readOptions(known: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      requests: { type: 'string', default: '2000000' },
      share: { type: 'string', default: '1' },
      dispatch: { type: 'string', default: 'native' },
      'kill-every': { type: 'string', default: '200' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`"${unknown}" is none of ${known.join(', ')}`);
  const dispatch = MODES.find((mode) => mode === values.dispatch);
  if (dispatch === undefined) throw new Error(`--dispatch takes ${MODES.join(', ')}`);
  const share = Number(values.share);
  if (!(share > 0 && share <= 1)) throw new Error('--share takes a number above 0, 1 at most');
  return {
    scenarios: positionals,
    requests: wholeNumber('--requests', values.requests, 100),
    share,
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
