// What a storm has shown, as a table. Pure.

import type { Trend } from './memory.ts';
import type { Run } from './run.ts';
import type { Row } from './scenario.ts';

export function reportRows(run: Run): Row[] {
  return [...answerRows(run), ...serverRows(run)];
}

function answerRows({ tally, seconds }: Run): Row[] {
  const { hangUps } = tally;
  const left = Object.entries(hangUps).map(([stage, count]) => `${stage} ${count}`);
  const allLeft = Object.values(hangUps).reduce((sum, count) => sum + count, 0);
  const megabytes = Math.round(tally.receivedBytes / 1024 ** 2);
  return [
    ['requests', `${tally.requests} in ${seconds.toFixed(1)} s`],
    ['rate', `${Math.round(tally.requests / seconds)}/s, ${megabytes} MB of answers`],
    [
      'answered',
      `${tally.answered}, of them ${tally.halfClosed} to peers that had ended their side`,
    ],
    ['failing handlers', `500: ${tally.failedHandlers}, broken off: ${tally.brokenOff}`],
    ['peers hung up', `${allLeft}: ${left.join(', ')}`],
    ['cut by kills', `${tally.cut}`],
    ['cut otherwise', `${tally.unexplained.count}`],
    ['slowest', `${Math.round(tally.slowest)} ms`],
    ['wrong answers', `${tally.wrong.count}`],
    ['refused', `${tally.refused}`],
  ];
}

function serverRows({ log, kills, descriptors, masterMemory, workerMemory, end }: Run): Row[] {
  const { master, workers } = descriptors;
  return [
    ['kills', `${kills}; in the log: ${log.deaths}, while serving ${log.lost} requests`],
    ['log', `${log.handlerFailures} failures of the handler, ${log.surprises.count} surprises`],
    ['descriptors, master', `${master[0]} before, ${master[1]} after`],
    ['descriptors, workers', `${list(workers[0])} before, ${list(workers[1])} after`],
    ['memory, master', formatTrend(masterMemory)],
    ['memory, a worker', formatTrend(workerMemory)],
    ['end', `${end.code}, ${end.leftBehind.length} processes left behind`],
  ];
}

function list(counts: readonly number[]): string {
  return counts.join(' ');
}

function formatTrend({ samples, secondQuarter, lastQuarter }: Trend): string {
  if (secondQuarter === undefined || lastQuarter === undefined) {
    return `too short to judge (${samples} samples)`;
  }
  return `${secondQuarter.toFixed(1)} MB in the second quarter, ${lastQuarter.toFixed(1)} MB in the last`;
}
