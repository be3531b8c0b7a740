// The benchmark's own command line.

import { parseArgs } from 'node:util';
import { FIGURE_ROWS } from './figure-rows.ts';
import { SCENES } from './rows.ts';

export interface Options {
  seconds: number;
  rounds: number;
  /** Length of the measurement of a pool at rest. */
  restSeconds: number;
  /** Ids of rows; without: all but the extras. */
  only: string[] | undefined;
  json: boolean;
}

function rowIds(isExtra: boolean): string[] {
  const scenes = SCENES.filter((scene) => (scene.isExtra ?? false) === isExtra);
  const ids = scenes.flatMap(({ rows }) => rows.map(({ id }) => id));
  return isExtra ? ids : [...ids, ...FIGURE_ROWS.map(({ id }) => id)];
}

export const HELP: string = `Usage: npm run bench -- [options]

  --seconds N       length of each measurement (default 5)
  --rounds N        measurements of each contender in each row; medians are shown (default 3)
  --rest-seconds N  length of the measurement at rest (default 10)
  --only ROW,ROW    these rows and no others
  --json            JSON instead of the table

Rows: ${rowIds(false).join(', ')}
Only when asked for: ${rowIds(true).join(', ')}
A look at whether everything runs: --seconds 0.5 --rounds 1
`;

/** @returns the options; `undefined` when help was asked for */
export function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      'rest-seconds': { type: 'string', default: '10' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    seconds: number('--seconds', values.seconds, /^\d+(\.\d+)?$/),
    rounds: number('--rounds', values.rounds, /^\d+$/),
    restSeconds: number('--rest-seconds', values['rest-seconds'], /^\d+(\.\d+)?$/),
    only: values.only === undefined ? undefined : selection(values.only),
    json: values.json,
  };
}

function number(name: string, given: string, form: RegExp): number {
  const value = form.test(given) ? Number(given) : 0;
  if (value <= 0) throw new Error(`${name} takes a number above 0, not "${given}"`);
  return value;
}

function selection(given: string): string[] {
  const known = [...rowIds(false), ...rowIds(true)];
  const ids = given.split(',');
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length === 0) return ids;
  throw new Error(`there is no row ${unknown.join(', ')}; rows: ${known.join(', ')}`);
}
