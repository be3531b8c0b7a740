// Writes figures in the text format of Prometheus, version 0.0.4. Pure.
//
//     # HELP name text            \ and newline escaped
//     # TYPE name counter|gauge|histogram
//     name{label="value",...} number      \ " and newline escaped in values

import type { DurationHistogram } from '../request-totals.ts';

type Labels = Readonly<Record<string, string | number>>;

/** A number, and what it is about. */
export type Series = readonly [labels: Labels, value: number];

/** Upper bounds that are told, milliseconds: a part of those that are counted by. */
const TOLD_MS: ReadonlySet<number> = new Set([
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000,
]);

export class Exposition {
  #text = '';

  get text(): string {
    return this.#text;
  }

  counter(name: string, help: string, series: readonly Series[]): this {
    return this.#family(name, { help, type: 'counter' }, series);
  }

  gauge(name: string, help: string, series: readonly Series[]): this {
    return this.#family(name, { help, type: 'gauge' }, series);
  }

  /** Durations, which are told in seconds. */
  histogram(
    name: string,
    help: string,
    series: readonly (readonly [Labels, DurationHistogram])[],
  ): this {
    this.#head(name, { help, type: 'histogram' });
    for (const [labels, histogram] of series) this.#durations(name, labels, histogram);
    return this;
  }

  #family(name: string, about: { help: string; type: string }, series: readonly Series[]): this {
    this.#head(name, about);
    for (const [labels, value] of series) this.#line(name, labels, value);
    return this;
  }

  #durations(name: string, labels: Labels, { bounds, counts, sum }: DurationHistogram): void {
    let below = 0;
    for (const [i, count] of counts.entries()) {
      below += count;
      const bound = bounds[i];
      if (bound !== undefined && TOLD_MS.has(bound)) {
        this.#line(`${name}_bucket`, { ...labels, le: bound / 1_000 }, below);
      }
    }
    this.#line(`${name}_bucket`, { ...labels, le: '+Inf' }, below);
    this.#line(`${name}_sum`, labels, sum / 1_000);
    this.#line(`${name}_count`, labels, below);
  }

  #head(name: string, { help, type }: { help: string; type: string }): void {
    this.#text += `# HELP ${name} ${help.replace(/[\\\n]/g, escape)}\n# TYPE ${name} ${type}\n`;
  }

  #line(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(
      ([label, text]) => `${label}="${String(text).replace(/[\\"\n]/g, escape)}"`,
    );
    this.#text += `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  }
}

function escape(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
