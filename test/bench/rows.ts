// What is measured of every contender, as data.

/** One line of the table for each contender. */
export interface Row {
  name: string;
  path: string;
  /** Size of the answer's body; another answer is an error. */
  bytes: number;
  /** Connections at once, each with one request under way at any time. */
  connections: number;
}

const HELLO = { path: '/hello', bytes: 6 };

export const ROWS: readonly Row[] = [
  { name: 'hello, 1 connection', ...HELLO, connections: 1 },
  { name: 'hello, 16 connections', ...HELLO, connections: 16 },
  { name: 'hello, 64 connections', ...HELLO, connections: 64 },
  { name: '64 KB, 16 connections', path: '/64k', bytes: 64 * 1024, connections: 16 },
];
