// What is measured, as data. Rows that can share running servers are one scene.

import { ADAPTERS, FRAMEWORKS } from './contenders/applications.ts';
import type { Contender, Front, PoolSize } from './contenders/contender.ts';
import type { RequestShape } from './load/request.ts';

/** One line of the table for each contender. */
export interface Row {
  /** For `--only`. */
  id: string;
  name: string;
  /** Connections at once, each with one request under way at any time. */
  connections: number;
  request: RequestShape;
  /** Size of the answer's body; another answer is an error. */
  answer: number;
}

export interface Scene extends PoolSize {
  front: Front;
  rows: readonly Row[];
  /** Whom it is about, where that is not everybody. */
  contenders?: readonly Contender[];
  /** Measured only when `--only` names it. */
  isExtra?: boolean;
}

const KB = 1024;
const MB = 1024 * KB;

const HELLO = { request: { path: '/hello' }, answer: 'Hello world\n'.length };
const UPLOAD = { request: { path: '/upload', bodyBytes: MB }, answer: `${MB}\n`.length };

function hello(connections: number): Row {
  const name = `hello, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  return { id: `hello-${connections}`, name, connections, ...HELLO };
}

/** What other measurements are compared with. */
export const HELLO_16: Row = hello(16);

function helloOf(workers: number, connections: number): Row {
  const name = `hello, ${workers} ${workers === 1 ? 'worker' : 'workers'}, ${connections} connections`;
  return { id: `workers-${workers}`, name, connections, ...HELLO };
}

function behindNginx(workers: number, connections: number): Row {
  const name = `hello behind nginx, ${workers} workers, ${connections} at once`;
  return { id: `nginx-${workers}-${connections}`, name, connections, ...HELLO };
}

const ALONE = { front: 'none', workers: 4, concurrency: 1 } as const;
const BEHIND = { front: 'nginx', workers: 4, concurrency: 1 } as const;

export const SCENES: readonly Scene[] = [
  {
    ...ALONE,
    rows: [
      ...[1, 4, 16, 64, 256].map(hello),
      {
        id: '64k',
        name: '64 KB response, 16 connections',
        connections: 16,
        request: { path: '/64k' },
        answer: 64 * KB,
      },
      {
        id: '1m',
        name: '1 MB response, 16 connections',
        connections: 16,
        request: { path: '/1m' },
        answer: MB,
      },
      { id: 'upload', name: '1 MB upload, 16 connections', connections: 16, ...UPLOAD },
      {
        id: 'headers',
        name: '10 KB of headers, 16 connections',
        connections: 16,
        request: { path: '/hello', headerBytes: 10 * KB },
        answer: HELLO.answer,
      },
    ],
  },
  {
    ...ALONE,
    concurrency: 100,
    rows: [
      {
        id: 'wait',
        name: 'wait of 10 ms, concurrency 100, 400 connections',
        connections: 400,
        request: { path: '/wait' },
        answer: HELLO.answer,
      },
    ],
  },
  { ...BEHIND, rows: [behindNginx(4, 1), behindNginx(4, 16)] },
  { ...BEHIND, workers: 8, rows: [behindNginx(8, 64)] },
  {
    ...ALONE,
    contenders: ADAPTERS,
    rows: [{ ...HELLO_16, id: 'adapters', name: 'hello by each kind of handler, 16 connections' }],
  },
  {
    ...BEHIND,
    contenders: FRAMEWORKS,
    rows: [
      {
        ...HELLO_16,
        id: 'express',
        name: 'hello with Express behind nginx, 4 workers, 16 at once',
      },
    ],
  },
  // How the cost of a request grows with connections and workers.
  { ...ALONE, rows: [hello(1000)], isExtra: true },
  { ...ALONE, workers: 1, rows: [helloOf(1, 16)], isExtra: true },
  { ...ALONE, workers: 64, rows: [helloOf(64, 16)], isExtra: true },
];

/** Returns the scenes with the rows of these ids; without ids: all but the extras. */
export function selectScenes(only: readonly string[] | undefined): Scene[] {
  return SCENES.map((scene) => ({
    ...scene,
    rows: scene.rows.filter(({ id }) => only?.includes(id) ?? scene.isExtra !== true),
  })).filter(({ rows }) => rows.length > 0);
}
