// An application behind nginx and scgi-server, and the same application with node:http itself: whoever
// asks both must not be able to tell them apart.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { HttpAnswer, HttpRequest } from '../helpers/load.ts';
import { httpRequest } from '../helpers/load.ts';
import { cleanEnvironment } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { startBehindNginx } from './front.ts';

/** Errors are answered without a stack, which is not the same. */
const ENV = { NODE_ENV: 'production' };
export const APPS: string = fileURLToPath(new URL('../fixtures/apps', import.meta.url));

/** A request, and the status without which nothing else of its answer would mean anything. */
export type Asked = readonly [status: number, path: string, request?: HttpRequest];

/** What speaks of a connection, or is added by one of the two that are asked. */
const NOT_OF_THE_APPLICATION = ['connection', 'keep-alive', 'date', 'server', 'transfer-encoding'];

/** Asks both for everything in `asked`, and expects the same answers. */
export async function expectSameAnswers(app: string, asked: readonly Asked[]): Promise<void> {
  const file = path.join(APPS, app);
  const { url, server } = await startBehindNginx('TCP', { handler: file, env: ENV });
  const direct = await startNode(file);
  for (const [status, target, request] of asked) {
    const what = `${request?.method ?? 'GET'} ${target}`;
    const expected = await ask(direct, target, request);
    const answer = await ask(url, target, request);
    expect([what, expected.status]).toEqual([what, status]);
    expect({ what, ...comparable(answer, expected) }).toEqual({
      what,
      ...comparable(expected, expected),
    });
  }
  await server.stop();
}

/** Both are asked for the same host, as some answers name it. */
function ask(url: string, target: string, request: HttpRequest = {}): Promise<HttpAnswer> {
  const headers = { host: 'app.example', ...request.headers };
  return httpRequest(url + target, { ...request, headers });
}

function comparable(answer: HttpAnswer, expected: HttpAnswer): object {
  const headers = { ...answer.headers };
  for (const name of NOT_OF_THE_APPLICATION) delete headers[name];
  // A response that came in chunks has no length of its own; ours may have got one.
  if (expected.headers['transfer-encoding'] !== undefined) delete headers['content-length'];
  return { status: answer.status, headers, body: answer.body.toString('latin1') };
}

async function startNode(file: string): Promise<string> {
  const args = [path.join(APPS, 'serve-with-node.mjs'), file];
  const env = { ...cleanEnvironment(), ...ENV };
  const node = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void node.kill());
  let said = '';
  node.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const port = await waitFor(`node to serve ${file}`, () => /^port (\d+)$/m.exec(said)?.[1]);
  return `http://127.0.0.1:${port}`;
}
