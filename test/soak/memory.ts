// Resident memory over time, and whether it has stayed flat.

import fs from 'node:fs';
import { median } from '../bench/median.ts';

const MB = 1024 ** 2;
const SAMPLE_EVERY_MS = 250;
/** Fewer samples say nothing of a trend. */
const FEWEST_SAMPLES = 12;
const MOST_GROWTH = 1.15;
const SLACK_MB = 10;

/** Two medians, MB; without them there were too few samples. */
export interface Trend {
  samples: number;
  secondQuarter?: number;
  lastQuarter?: number;
  isFlat: boolean;
}

/** Samples the mean resident memory of processes. */
export class MemoryWatch {
  readonly #samples: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pids: readonly number[]) {
    this.#timer = setInterval(() => {
      const all = pids.map(residentMemory).filter((size) => !Number.isNaN(size));
      if (all.length > 0) this.#samples.push(all.reduce((sum, one) => sum + one, 0) / all.length);
    }, SAMPLE_EVERY_MS);
  }

  stop(): Trend {
    clearInterval(this.#timer);
    return judgeTrend(this.#samples);
  }
}

function judgeTrend(samples: readonly number[]): Trend {
  const { length } = samples;
  if (length < FEWEST_SAMPLES) return { samples: length, isFlat: true };
  const quarter = Math.floor(length / 4);
  const secondQuarter = median(samples.slice(quarter, 2 * quarter));
  const lastQuarter = median(samples.slice(-quarter));
  const isFlat = lastQuarter <= secondQuarter * MOST_GROWTH + SLACK_MB;
  return { samples: length, secondQuarter, lastQuarter, isFlat };
}

/** MB; NaN when the process has ended. See proc_pid_status(5). */
function residentMemory(pid: number): number {
  try {
    const text = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024) / MB;
  } catch {
    return Number.NaN;
  }
}
