// The measurements as text: ratios first, since they travel between machines better than numbers.

import type { Measurement } from './measure.ts';

const HEADINGS = [
  'req/s ratio',
  'CPU ratio',
  'req/s',
  'p50 ms',
  'p99 ms',
  'CPU µs/req',
  'errors',
] as const;

/** Returns one block a row, one line a contender; ratios are to the contender named `reference`. */
export function formatTable(measurements: readonly Measurement[], reference: string): string {
  const contenders = measurements.map(({ contender }) => contender.length);
  const width = Math.max(...contenders, ...measurements.map(({ row }) => row.length)) + 2;
  const rows = [...new Set(measurements.map(({ row }) => row))];
  const blocks = rows.map((row) => {
    const ofRow = measurements.filter((one) => one.row === row);
    const base = ofRow.find(({ contender }) => contender === reference);
    const lines = ofRow.map((one) => line(`  ${one.contender}`, cells(one, base), width));
    return [line(row, HEADINGS, width), ...lines].join('\n');
  });
  return `${blocks.join('\n\n')}\n\nRatios: to ${reference}. CPU: the contender's own processes, nginx not included.\n`;
}

function cells(one: Measurement, base: Measurement | undefined): string[] {
  const ratio = (field: 'requestsPerSecond' | 'cpuUsPerRequest'): string =>
    base === undefined ? '-' : (one[field] / base[field]).toFixed(2);
  return [
    ratio('requestsPerSecond'),
    ratio('cpuUsPerRequest'),
    one.requestsPerSecond.toFixed(0),
    one.p50Ms.toFixed(2),
    one.p99Ms.toFixed(2),
    one.cpuUsPerRequest.toFixed(0),
    String(one.errors),
  ];
}

function line(label: string, columns: readonly string[], width: number): string {
  const padded = columns.map((text, n) => text.padStart((HEADINGS[n]?.length ?? 0) + 2));
  return label.padEnd(width) + padded.join('');
}
