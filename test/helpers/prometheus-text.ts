// Reads the text format of Prometheus, version 0.0.4, and refuses what its specification does not allow. Shares no
// code with the writer.

export interface MetricFamily {
  type: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP_LINE = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\\\\\|\\\\n)*)$`);
const TYPE_LINE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE_LINE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)?\\})? (\\S+)$`);
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/;

/** @throws Error that quotes the line which is not allowed */
export function parseMetrics(text: string): Map<string, MetricFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, MetricFamily>();
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const [, helped, help = ''] = HELP_LINE.exec(line) ?? [];
    const [, typed, type = ''] = TYPE_LINE.exec(line) ?? [];
    if (helped !== undefined) {
      if (families.has(helped)) throw new Error(`two families: ${line}`);
      families.set(helped, { type: '', help, samples: [] });
      current = helped;
    } else if (typed !== undefined) {
      const family = families.get(typed);
      if (typed !== current || family?.type !== '') throw new Error(`not behind its HELP: ${line}`);
      family.type = type;
    } else addSample(families.get(current), current, line);
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function addSample(family: MetricFamily | undefined, title: string, line: string): void {
  const [, name = '', labels = '', value = ''] = SAMPLE_LINE.exec(line) ?? [];
  if (name === '' || !NUMBER.test(value)) throw new Error(`no sample: ${line}`);
  const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (family === undefined || !suffixes.some((suffix) => name === title + suffix)) {
    throw new Error(`not of the family ${title}: ${line}`);
  }
  const pairs = [...labels.matchAll(/([^=,]+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, label = '', text = '']) =>
      [label, text.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c))] as const,
  );
  const sample = { name, labels: Object.fromEntries(pairs), value: toNumber(value) };
  if (Object.keys(sample.labels).length !== pairs.length) throw new Error(`a label twice: ${line}`);
  const isSame = (other: typeof sample): boolean =>
    other.name === name && JSON.stringify(other.labels) === JSON.stringify(sample.labels);
  if (family.samples.some(isSame)) throw new Error(`a sample twice: ${line}`);
  family.samples.push(sample);
}

function checkFamily(name: string, { type, samples }: MetricFamily): void {
  if (type === '') throw new Error(`${name} has no type`);
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}`);
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) {
    throw new Error(`${name} is below 0`);
  }
  if (type !== 'histogram') return;
  for (const [labels, group] of byLabels(samples)) checkHistogram(name + labels, name, group);
}

function byLabels(samples: MetricFamily['samples']): Map<string, MetricFamily['samples']> {
  const groups = new Map<string, MetricFamily['samples']>();
  for (const sample of samples) {
    const { le: _le, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return groups;
}

function checkHistogram(title: string, name: string, samples: MetricFamily['samples']): void {
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  const bounds = buckets.map(({ labels }) => toNumber(labels['le'] ?? 'none'));
  const counts = buckets.map(({ value }) => value);
  const of = (suffix: string): number[] =>
    samples.filter((sample) => sample.name === name + suffix).map(({ value }) => value);
  if (!ascends(bounds, true) || bounds.at(-1) !== Infinity) throw new Error(`bounds of ${title}`);
  if (!ascends(counts, false)) throw new Error(`buckets of ${title} are not cumulative`);
  if (of('_sum').length !== 1) throw new Error(`no sum of ${title}`);
  if (of('_count').length !== 1 || of('_count')[0] !== counts.at(-1)) {
    throw new Error(`the count of ${title} is not that of its last bucket`);
  }
}

function ascends(numbers: readonly number[], isStrict: boolean): boolean {
  return numbers.every((number, i) => {
    const before = numbers[i - 1] ?? -Infinity;
    return isStrict ? number > before : number >= before;
  });
}

function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}
