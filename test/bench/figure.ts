// A row whose result is one number for each contender that fits, measured in a way of its own.

import type { Contender, PoolSize } from './contenders/contender.ts';
import type { Stand, Stoppable } from './stand.ts';
import { startStand } from './stand.ts';

export interface FigureRow {
  /** For `--only`. */
  id: string;
  name: string;
  unit: 'MB' | 'ms' | '%' | 'ticks' | 'times';
  fits(contender: Contender): boolean;
  /** Starts the contender, measures it so many times, and ends it. */
  measure(contender: Contender, options: FigureOptions): Promise<number[]>;
}

export interface FigureOptions {
  seconds: number;
  rounds: number;
  /** Length of the measurement of a pool at rest. */
  restSeconds: number;
  /** A folder for what contenders write. */
  parent: string;
  /** What runs now: whoever interrupts the benchmark has to stop it. */
  running: Set<Stoppable>;
}

export const everybody = (): boolean => true;

/** Its answers are read here, in SCGI. */
export const speaksScgi = ({ fronts }: Contender): boolean => fronts.includes('none');

/** Starts a contender without a front, has it measured, and ends it. */
export async function withStand<Result>(
  contender: Contender,
  options: FigureOptions & Pick<PoolSize, 'workers'>,
  measure: (stand: Stand) => Promise<Result>,
): Promise<Result> {
  const { parent, running, workers } = options;
  const stand = await startStand(contender, { front: 'none', concurrency: 1, workers, parent });
  running.add(stand);
  try {
    return await measure(stand);
  } finally {
    await stand.stop();
    running.delete(stand);
  }
}
