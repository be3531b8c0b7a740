import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optionRows } from '../../../src/config/option-table.ts';

/** Rows of the section "Options" whose first cell begins with a flag, as `[flag, default]`. */
function readmeRows(): string[][] {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const section = /^## Options$.*?(?=^## |$(?![^]))/ms.exec(readme)?.[0] ?? '';
  return section
    .split('\n')
    .filter((line) => /^\| *`--/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')))
    .map(([, flag = '', value = '']) => [flag.replaceAll('`', ''), value]);
}

describe('the options in README.md', () => {
  it('are all options, with their defaults, and no others', () => {
    const expected = optionRows().map((row) => [row.flag, row.default]);
    expect(readmeRows().toSorted()).toEqual(expected.toSorted());
  });
});
