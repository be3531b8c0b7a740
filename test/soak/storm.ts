// A mix of everything that peers and handlers may do, while workers are killed. Every answer is checked; at
// the end nothing may have leaked.

import { faultsOf } from './faults.ts';
import type { Options } from './options.ts';
import { reportRows } from './report.ts';
import type { Run } from './run.ts';
import { Soak, SoakError } from './run.ts';
import type { Result, Scenario, Stage } from './scenario.ts';

async function run(options: Options, { dir, say, onInterrupt }: Stage): Promise<Result> {
  const { dispatch, seed, requests } = options;
  say(`${requests} requests, seed ${seed}`);
  const soak = new Soak(options, dir, say);
  onInterrupt(() => soak.destroy());
  const figures = await complete(soak, say);
  const title = `A storm over the ${dispatch} dispatcher, seed ${seed}`;
  return { title, rows: reportRows(figures), faults: faultsOf(figures), figures };
}

async function complete(soak: Soak, say: Stage['say']): Promise<Run> {
  try {
    return await soak.run();
  } catch (error) {
    if (error instanceof SoakError) tellWhatIsKnown(error, say);
    throw error;
  }
}

function tellWhatIsKnown({ tally, log }: SoakError, say: Stage['say']): void {
  say(JSON.stringify({ tally, surprises: log.surprises }, null, 2));
  say(`The last lines of the log:\n${log.tail}`);
}

export const STORM: Scenario = {
  name: 'storm',
  what: 'everything that peers and handlers may do, while workers are killed',
  run,
};
