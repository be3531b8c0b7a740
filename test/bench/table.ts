// The results as text: one block a row, one line a contender, ratios first.

import type { FigureResult, Results } from './results.ts';
import type { Absence, Measurement } from './measure.ts';
import { chooseReferences, ratios } from './ratios.ts';

/** A column: its heading, and what stands in it for the n-th result. */
interface Column<Result> {
  heading: string;
  cell(result: Result, index: number): string;
}

const fixed = (value: number, digits: number): string =>
  Number.isFinite(value) ? value.toFixed(digits) : '-';

/** @param preferred - to whom the others are compared, where a row has one of them */
export function formatResults(results: Results, preferred: readonly string[]): string {
  const { measurements, figures, absences } = results;
  const blocks = [
    ...formatLoads(measurements, preferred),
    ...formatFigures(figures, preferred),
    formatAbsences(absences),
  ];
  return `${blocks.filter((text) => text !== '').join('\n\n')}\n\nCPU: the contender's own processes. Load CPU: the load generator, which shares the cores.\n`;
}

function formatLoads(results: readonly Measurement[], preferred: readonly string[]): string[] {
  const references = chooseReferences(results, preferred);
  const rate = ratios(results, references, (one) => one.requestsPerSecond);
  const cpu = ratios(results, references, (one) => one.cpuUsPerRequest);
  return formatBlocks<Measurement>(results, references, [
    { heading: 'req/s ratio', cell: (_, index) => fixed(rate[index] ?? Number.NaN, 2) },
    { heading: 'CPU ratio', cell: (_, index) => fixed(cpu[index] ?? Number.NaN, 2) },
    { heading: 'req/s', cell: (one) => fixed(one.requestsPerSecond, 0) },
    { heading: 'p50 ms', cell: (one) => fixed(one.p50Ms, 2) },
    { heading: 'p99 ms', cell: (one) => fixed(one.p99Ms, 2) },
    { heading: 'max ms', cell: (one) => fixed(one.maxMs, 1) },
    { heading: 'CPU µs/req', cell: (one) => fixed(one.cpuUsPerRequest, 1) },
    { heading: 'nginx CPU', cell: (one) => fixed(one.nginxCpuUsPerRequest || Number.NaN, 1) },
    { heading: 'load CPU', cell: (one) => fixed(one.loadCpuUsPerRequest, 1) },
    { heading: 'errors', cell: (one) => String(one.errors) },
  ]);
}

function formatFigures(results: readonly FigureResult[], preferred: readonly string[]): string[] {
  const references = chooseReferences(results, preferred);
  const all = ratios(results, references, ({ value }) => value);
  return formatBlocks<FigureResult>(results, references, [
    { heading: 'ratio', cell: (_, index) => fixed(all[index] ?? Number.NaN, 2) },
    { heading: '', cell: ({ value, unit }) => `${fixed(value, unit === 'times' ? 2 : 1)} ${unit}` },
  ]);
}

function formatBlocks<Result extends { row: string; contender: string }>(
  results: readonly Result[],
  references: ReadonlyMap<string, string>,
  columns: ReadonlyArray<Column<Result>>,
): string[] {
  const names = results.flatMap(({ row, contender }) => [row, `  ${contender}`]);
  const labelWidth = Math.max(...names.map(({ length }) => length));
  const lines = results.map((one, index) => columns.map((column) => column.cell(one, index)));
  const headings = columns.map(({ heading }) => heading);
  const widths = headings.map((_, n) =>
    Math.max(...[headings, ...lines].map((cells) => cells[n]?.length ?? 0)),
  );
  const format = (label: string, cells: readonly string[]): string =>
    label.padEnd(labelWidth) +
    cells.map((text, n) => `  ${text.padStart(widths[n] ?? 0)}`).join('');
  return [...new Set(results.map(({ row }) => row))].map((row) => {
    const ofRow = results.flatMap(({ row: name, contender }, index) =>
      name === row ? [format(`  ${contender}`, lines[index] ?? [])] : [],
    );
    return [`${format(row, headings)}  (1.00: ${references.get(row)})`, ...ofRow].join('\n');
  });
}

/** Of each reason its first line: what a server wrote is in the JSON. */
function formatAbsences(absences: readonly Absence[]): string {
  if (absences.length === 0) return '';
  const lines = absences.map(
    ({ contender, row, reason }) =>
      `  ${contender}${row === undefined ? '' : `, ${row}`}: ${reason.split('\n', 1).join('')}`,
  );
  return ['Not measured', ...lines].join('\n');
}
