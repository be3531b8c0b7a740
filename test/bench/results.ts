// What a run of the benchmark found out.

import type { FigureRow } from './figure.ts';
import type { Absence, Measurement } from './measure.ts';

/** One contender in a row of figures; a median. */
export interface FigureResult {
  /** Of the row. */
  id: string;
  row: string;
  contender: string;
  value: number;
  unit: FigureRow['unit'];
}

export interface Results {
  /** What was measured, and which version of it. */
  versions: Record<string, string>;
  measurements: Measurement[];
  figures: FigureResult[];
  absences: Absence[];
}
