// One part of a soak: what it is given, and what it leaves for the report.

import type { Options } from './options.ts';

export type Row = readonly [name: string, value: string];

export interface Result {
  title: string;
  /** The table. */
  rows: readonly Row[];
  /** What is wrong, one sentence each; none: all is well. */
  faults: readonly string[];
  /** The same for programs. */
  figures: object;
}

/** Where a scenario takes place. */
export interface Stage {
  /** An empty folder, removed afterwards. */
  dir: string;
  /** Tells how it goes; not part of the result. */
  say: (text: string) => void;
  /** What is to be done should the soak be interrupted. */
  onInterrupt: (clean: () => void) => void;
}

export interface Scenario {
  name: string;
  /** For the help. */
  what: string;
  run(options: Options, stage: Stage): Promise<Result>;
}
