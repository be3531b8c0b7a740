// Two services of daemontools behind one nginx: restarting one of them costs no request.

import http from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpRequest, runLoad, WrongAnswer } from '../helpers/load.ts';
import type { RunningNginx } from '../helpers/nginx.ts';
import { startNginx } from '../helpers/nginx.ts';
import { canRun, hasNginx } from './front.ts';
import type { Service, Services } from './start-services.ts';
import { startServices } from './start-services.ts';
import { DAEMONTOOLS, problemWith } from './supervisors.ts';

const CLIENTS = 8;
const FEWEST_REQUESTS = 2_000;

const canBeTested =
  hasNginx('a restart under load') && canRun('a restart under load', problemWith(DAEMONTOOLS));

describe.skipIf(!canBeTested)('a restart under load', () => {
  let all: Services | undefined;
  let nginx: RunningNginx | undefined;
  let url: string;
  let services: readonly Service[];
  beforeAll(async () => {
    all = startServices(DAEMONTOOLS, [{ name: 'one' }, { name: 'other' }]);
    ({ services } = all);
    await Promise.all(services.map((service) => service.serves()));
    nginx = await startNginx({
      dir: path.dirname(path.dirname(services[0]!.dir)),
      replacements: [['        server 127.0.0.1:4000;', services.map(upstream).join('\n')]],
    });
    ({ url } = nginx);
  });
  afterAll(async () => {
    try {
      await nginx?.stop();
    } finally {
      await all?.stop();
    }
  });

  it.each([0, 1, 0])('by svc -t, of service %i of two, costs no request', async (n) => {
    const service = services[n]!;
    let isRestarting = true;
    const load = loadUntil(url, (begun) => isRestarting || begun < FEWEST_REQUESTS);
    const pid = await service.serves();
    service.control('term');
    await service.serves(pid).finally(() => (isRestarting = false));
    const { begun, ...troubles } = await load;
    expect(troubles).toEqual({ failures: [], wrong: [] });
    expect(begun).toBeGreaterThanOrEqual(FEWEST_REQUESTS);
  });
});

/** A server that is not there is asked again with the next request: on this machine that costs nothing. */
const upstream = ({ address }: Service): string =>
  'path' in address ? `server unix:${address.path} max_fails=0;` : '';

/** Pages and forms, as many as there is time for. */
function loadUntil(url: string, goOn: (begun: number) => boolean) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  const exchange = async (n: number): Promise<void> => {
    const form = n % 2 === 0 ? {} : { method: 'POST', body: `form ${n}` };
    const { status, body } = await httpRequest(`${url}/token?n=${n}`, { agent, ...form });
    const text = body.toString();
    if (status !== 200 || text !== `n=${n}`) throw new WrongAnswer(`${status} ${text}`);
  };
  return runLoad(exchange, { clients: CLIENTS, goOn }).finally(() => agent.destroy());
}
