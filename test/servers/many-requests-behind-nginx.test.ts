// Numbers: every one of very many requests through nginx is answered, and with its own answer.

import http from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpRequest, runLoad, WrongAnswer } from '../helpers/load.ts';
import { hasNginx, startBehindNginx, TRANSPORTS } from './front.ts';

const TITLE = 'many requests behind nginx';
const REQUESTS = 20_000;
const CLIENTS = 16;

describe.skipIf(!hasNginx(TITLE)).each(TRANSPORTS)(`${TITLE}, over %s`, (transport) => {
  it('answers 20,000, 16 at once, each with its own answer', async () => {
    const { url } = await startBehindNginx(transport);
    const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
    onTestFinished(() => agent.destroy());
    const exchange = async (n: number): Promise<void> => {
      const { status, body } = await httpRequest(`${url}/token?n=${n}`, { agent });
      const text = body.toString();
      if (status !== 200 || text !== `n=${n}`) throw new WrongAnswer(`${status} ${text}`);
    };
    const goOn = (begun: number): boolean => begun < REQUESTS;
    const result = await runLoad(exchange, { clients: CLIENTS, goOn });
    expect(result).toEqual({ begun: REQUESTS, failures: [], wrong: [] });
  });
});
