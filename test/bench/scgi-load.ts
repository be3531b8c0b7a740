// Runs our own load generator as a process, and reads its numbers.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import type { LoadRun } from './load-run.ts';
import type { LoadReport } from './load/main.ts';
import type { Row } from './rows.ts';

const PROGRAM = fileURLToPath(new URL('load/main.ts', import.meta.url));
const run = promisify(execFile);

/** Asks for `row` on the server at `address`; `answerBytes` is the size of each whole answer. */
export async function runScgiLoad(
  address: PeerAddress,
  row: Row,
  options: { seconds: number; answerBytes: number },
): Promise<LoadRun> {
  const { path, bodyBytes = 0, headerBytes = 0 } = row.request;
  const target = 'path' in address ? `unix:${address.path}` : `127.0.0.1:${address.port}`;
  const load = ['--connect', target, '--connections', `${row.connections}`];
  const request = ['--path', path, '--body', `${bodyBytes}`, '--headers', `${headerBytes}`];
  const bounds = ['--seconds', `${options.seconds}`, '--answer', `${options.answerBytes}`];
  // The options of node are those with which this process itself reads TypeScript.
  const args = [...process.execArgv, PROGRAM, ...load, ...request, ...bounds];
  const { stdout } = await run(process.execPath, args);
  const { failures, ...report } = JSON.parse(stdout) as LoadReport;
  const errors = failures.refused + failures.broken + failures.wrong + failures.stalled;
  return { ...report, errors };
}
