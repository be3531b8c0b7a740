// Reloads of one server behind nginx, under load: they cost no request.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpRequest, runLoad, WrongAnswer } from '../helpers/load.ts';
import { mostWorkers, reload } from '../helpers/reload.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { hasNginx, startBehindNginx } from './front.ts';

const CLIENTS = 8;
const RELOADS = 5;
const MAX_WORKERS = 2;

/** Takes 5 ms, and does not load when the number is even. */
const handler = (n: number): string => `
  ${n % 2 === 0 ? 'this is no JavaScript' : ''}
  export const produce = async (env, bodySize, input, output) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    output.end('Content-Type: text/plain\\n\\n' + env.QUERY_STRING);
  };`;

describe.skipIf(!hasNginx('a reload under load'))('a reload behind nginx', () => {
  it.each(['native', 'portable'])('costs no request, with --dispatch %s', async (mode) => {
    const file = path.join(tempDir(), 'handler.mjs');
    fs.writeFileSync(file, handler(1));
    const size = ['--max-workers', `${MAX_WORKERS}`, '--min-workers', `${MAX_WORKERS}`];
    const { url, server } = await startBehindNginx('a Unix socket', {
      handler: file,
      args: ['--dispatch', mode, ...size],
      expectErrors: /^reload failed|cannot load the handler/,
    });
    let isOver = false;
    const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
    const exchange = async (n: number): Promise<void> => {
      const { status, body } = await httpRequest(`${url}/?n=${n}`, { agent });
      const text = body.toString();
      if (status !== 200 || text !== `n=${n}`) throw new WrongAnswer(`${status} ${text}`);
    };
    const load = runLoad(exchange, { clients: CLIENTS, goOn: () => !isOver });
    const most = mostWorkers(server, () => isOver);
    // Every other one fails.
    for (let n = 1; n <= RELOADS; n++) {
      fs.writeFileSync(file, handler(n));
      expect((await reload(server)).msg).toMatch(n % 2 === 0 ? /^reload failed/ : /^reload done/);
    }
    isOver = true;
    const { begun, ...troubles } = await load;
    agent.destroy();
    expect(troubles).toEqual({ failures: [], wrong: [] });
    expect(begun).toBeGreaterThan(100);
    expect(await most).toBeLessThanOrEqual(MAX_WORKERS + 1);
  });
});
