// What a run of the benchmark found out.

import type { LifeCycleRow } from './life-cycle.ts';
import type { Absence, Measurement } from './measure.ts';

/** One contender in one row without a load; a median. */
export interface LifeCycleResult {
  /** Of the row. */
  id: string;
  row: string;
  contender: string;
  value: number;
  unit: LifeCycleRow['unit'];
}

export interface Results {
  /** What was measured, and which version of it. */
  versions: Record<string, string>;
  measurements: Measurement[];
  lifeCycle: LifeCycleResult[];
  absences: Absence[];
}
