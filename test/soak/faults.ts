// What a soak has found wrong, one sentence each. Pure.

import type { Run } from './run.ts';
import type { Mishaps } from './tally.ts';

/** Returns nothing when all is well. */
export function faultsOf(run: Run): string[] {
  return [...faultsOfAnswers(run), ...faultsOfLog(run), ...faultsOfRest(run)];
}

function faultsOfAnswers({ tally, kills }: Run): string[] {
  const { cut, wrong, unexplained, refused } = tally;
  return [
    ...mishaps('wrong answers', wrong),
    ...mishaps('requests cut without a kill that explains it', unexplained),
    ...(cut > kills ? [`${cut} requests were cut by ${kills} kills, of one request each`] : []),
    ...(refused > 0 ? [`${refused} connections were refused`] : []),
  ];
}

function faultsOfLog({ tally, log, kills }: Run): string[] {
  const { handlerFailures, deaths } = log;
  const seen = tally.failedHandlers + tally.brokenOff;
  // A line on its way dies with its worker; a request whose peer hung up may never have begun.
  const isPlausible = handlerFailures >= seen - kills && handlerFailures <= tally.plannedFailures;
  return [
    ...mishaps('unexpected lines in the log', log.surprises),
    ...(deaths === kills ? [] : [`${kills} workers were killed, ${deaths} deaths were logged`]),
    ...(isPlausible
      ? []
      : [`${handlerFailures} failures of the handler were logged, ${seen} were seen by peers`]),
  ];
}

function faultsOfRest({ descriptors, masterMemory, workerMemory, end }: Run): string[] {
  const { master, workers, details } = descriptors;
  const [before, after] = workers;
  const isSame = master[0] === master[1] && after.every((count) => count === before[0]);
  return [
    ...(isSame ? [] : [`descriptors are not what they were:\n  ${details.join('\n  ')}`]),
    ...(masterMemory.isFlat ? [] : ['the memory of the master grows']),
    ...(workerMemory.isFlat ? [] : ['the memory of the workers grows']),
    ...(end.code === 0 ? [] : [`the server ended with ${end.code}`]),
    ...(end.leftBehind.length === 0 ? [] : [`left behind: pid ${end.leftBehind.join(', ')}`]),
  ];
}

function mishaps(name: string, { count, examples }: Mishaps): string[] {
  return count === 0 ? [] : [`${count} ${name}:\n  ${examples.join('\n  ')}`];
}
