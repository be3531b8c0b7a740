// The rows in which web servers differ, as the README's table has them.

import type { FrontName } from './case.ts';
import { MATRIX } from './rows.ts';

const COLUMNS: readonly FrontName[] = ['nginx', 'Apache', 'lighttpd', 'mod_scgi'];

/** Returns the cells of the table, its head first. An empty cell: as usual. */
export function differencesTable(): string[][] {
  const rows = MATRIX.filter(({ differences = {} }) => Object.keys(differences).length > 0);
  const columns = COLUMNS.filter((name) => rows.some(({ differences }) => differences?.[name]));
  const body = rows.map(({ title, usual, differences }) => [
    title,
    usual.says,
    ...columns.map((name) => differences?.[name]?.says ?? ''),
  ]);
  return [['', 'usual', ...columns], ...body];
}

/** The same, to be pasted into the README. */
export function differencesMarkdown(): string {
  const [head = [], ...body] = differencesTable();
  const lines = [head, head.map(() => '---'), ...body];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
