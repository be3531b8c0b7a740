import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optionRows, optionTableMarkdown } from '../../../src/config/option-table.ts';

const EXPECTED = optionRows().map((row) => `${row.flag}: ${row.default}`);

/** Rows of the section "Options" whose first cell begins with a flag, as `flag: default`. */
function rowsOf(readme: string): string[] {
  const [, section = ''] = readme.split(/^## Options$/m);
  return (section.split(/^## /m)[0] ?? '')
    .split('\n')
    .filter((line) => /^\| *`--/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')))
    .map(([, flag = '', value = '']) => `${flag.replaceAll('`', '')}: ${value}`);
}

describe('the options in README.md', () => {
  it('are all options, with their defaults, and no others', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    expect(new Set(rowsOf(readme))).toEqual(new Set(EXPECTED));
  });

  it('can be generated', () => {
    const readme = `# x\n\n## Options\n\n${optionTableMarkdown()}\n\n## Next\n\n| \`--env\` | – |\n`;
    expect(rowsOf(readme)).toEqual(EXPECTED);
  });
});
