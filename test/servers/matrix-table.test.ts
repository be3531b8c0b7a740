// The README's table of what differs between web servers is the one that the matrix is tested by.

import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../helpers/start-server.ts';
import { MATRIX } from './matrix/rows.ts';
import { differencesMarkdown, differencesTable } from './matrix/table.ts';

const HEADING = '### What differs';

/** The cells of the first table below a heading. */
function tableBelow(heading: string, readme: string): string[][] {
  const [, section = ''] = readme.split(`\n${heading}\n`);
  const lines = section.split('\n');
  const begin = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, index) => index > begin && !line.startsWith('|'));
  return lines
    .slice(begin, end)
    .filter((line) => !/^\|[\s|:-]+\|$/.test(line))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

describe('the table of what differs between web servers', () => {
  it('is in the README as the tests have it', () => {
    const readme = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');
    expect(tableBelow(HEADING, readme)).toEqual(differencesTable());
  });

  it('can be generated', () => {
    const readme = `# x\n\n${HEADING}\n\nText.\n\n${differencesMarkdown()}\n\nMore.\n`;
    expect(tableBelow(HEADING, readme)).toEqual(differencesTable());
  });

  it('has one row for each title', () => {
    expect(new Set(MATRIX.map(({ title }) => title)).size).toBe(MATRIX.length);
  });
});
