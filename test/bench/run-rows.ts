// Goes through the rows: starts who is measured in them, has it measured, ends it.

import { CONTENDERS } from './contenders/all.ts';
import type { Contender } from './contenders/contender.ts';
import { FIGURE_ROWS } from './figure-rows.ts';
import { measure } from './measure.ts';
import { median } from './median.ts';
import type { Options } from './options.ts';
import type { Results } from './results.ts';
import type { Scene } from './rows.ts';
import { selectScenes } from './rows.ts';
import type { Stand, Stoppable } from './stand.ts';
import { startStand } from './stand.ts';

export interface RunOptions extends Options {
  /** A folder for what contenders write. */
  parent: string;
  /** What runs now: whoever interrupts the benchmark has to stop it. */
  running: Set<Stoppable>;
  /** Told what is about to run. */
  progress: (text: string) => void;
}

/** A contender that is not here, does not start or answers wrong is named in the results; the others are measured. */
export async function runRows(options: RunOptions): Promise<Results> {
  const results: Results = { versions: {}, measurements: [], figures: [], absences: [] };
  const present = CONTENDERS.filter((contender) => detect(contender, results));
  for (const scene of selectScenes(options.only)) {
    const ofScene =
      scene.contenders?.filter((contender) => detect(contender, results)) ??
      present.filter((contender) => fits(contender, scene));
    await runScene(scene, ofScene, { options, results });
  }
  await runFigures(present, { options, results });
  return results;
}

function detect(contender: Contender, results: Results): boolean {
  const detection = contender.detect();
  if (detection.isHere) results.versions[contender.name] = detection.version;
  else results.absences.push({ contender: contender.name, reason: detection.reason });
  return detection.isHere;
}

interface Run {
  options: RunOptions;
  results: Results;
}

function fits({ fronts, isConcurrent }: Contender, { front, concurrency }: Scene): boolean {
  return fronts.includes(front) && (isConcurrent || concurrency === 1);
}

async function runScene(
  scene: Scene,
  contenders: readonly Contender[],
  { options, results }: Run,
): Promise<void> {
  const { running, parent } = options;
  const stands: Stand[] = [];
  try {
    for (const contender of contenders) {
      try {
        const stand = await startStand(contender, { ...scene, parent });
        running.add(stand);
        stands.push(stand);
      } catch (error) {
        const row = scene.rows.map(({ name }) => name).join('; ');
        const reason = (error as Error).message;
        results.absences.push({ row, contender: contender.name, reason });
      }
    }
    const { measurements, absences } = await measure({ ...options, rows: scene.rows, stands });
    results.measurements.push(...measurements);
    results.absences.push(...absences);
  } finally {
    for (const stand of stands) {
      await stand.stop();
      running.delete(stand);
    }
  }
}

async function runFigures(
  contenders: readonly Contender[],
  { options, results }: Run,
): Promise<void> {
  for (const row of FIGURE_ROWS) {
    if (options.only?.includes(row.id) === false) continue;
    for (const contender of contenders) {
      if (!row.fits(contender)) continue;
      options.progress(`${row.name}, ${contender.name}`);
      try {
        const value = median(await row.measure(contender, options));
        const { id, name, unit } = row;
        results.figures.push({ id, row: name, contender: contender.name, value, unit });
      } catch (error) {
        const reason = (error as Error).message;
        results.absences.push({ row: row.name, contender: contender.name, reason });
      }
    }
  }
}
