// All rows of figures.

import { BESIDE_LOAD_ROWS } from './beside-load.ts';
import { COLD_START_ROWS } from './cold-start.ts';
import type { FigureRow } from './figure.ts';
import { LIFE_CYCLE_ROWS } from './life-cycle.ts';

export const FIGURE_ROWS: readonly FigureRow[] = [
  ...BESIDE_LOAD_ROWS,
  ...LIFE_CYCLE_ROWS,
  ...COLD_START_ROWS,
];
