// Which requests the web servers send to a second host when the first one fails, with their files in config/
// for several hosts. Both hosts are on 127.0.0.1 here.

import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpRequest } from '../helpers/load.ts';
import { startServer } from '../helpers/start-server.ts';
import { freePort } from '../helpers/tcp-port.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Balancer } from './balancers.ts';
import { BALANCERS } from './balancers.ts';
import { hasProgram } from './front.ts';

type Mode = 'is not there' | 'dies' | 'is busy';
type Method = 'GET' | 'POST';

/** Status of the answer to a request that came to the failing host first. */
type Expected = Record<Mode, Record<Method, number>>;

const EXPECTED: Record<Balancer['name'], Expected> = {
  nginx: {
    'is not there': { GET: 200, POST: 200 },
    // Its connection broke: a POST may have done its work.
    dies: { GET: 200, POST: 502 },
    'is busy': { GET: 200, POST: 503 },
  },
  Apache: {
    'is not there': { GET: 200, POST: 200 },
    dies: { GET: 500, POST: 500 },
    'is busy': { GET: 503, POST: 503 },
  },
  lighttpd: {
    'is not there': { GET: 200, POST: 200 },
    dies: { GET: 500, POST: 500 },
    'is busy': { GET: 503, POST: 503 },
  },
};

/** Starts a host that fails, and one that does not. @returns their ports and what they wrote */
async function startHosts(mode: Mode): Promise<{ ports: [number, number]; journal: string }> {
  const journal = path.join(tempDir(), 'journal');
  fs.writeFileSync(journal, '');
  const start = async (name: string): Promise<number> => {
    const env = { HOST_NAME: name, JOURNAL: journal, MODE: name === 'failing' ? mode : '' };
    const handler = 'fails-on-demand.mjs';
    const expectErrors = /was killed by SIGKILL/;
    const server = await startServer({ handler, env, expectErrors });
    const address = server.address();
    return 'port' in address ? address.port : 0;
  };
  const failing = mode === 'is not there' ? await freePort() : await start('failing');
  return { ports: [failing, await start('good')], journal };
}

/** Asks until a request has come to the failing host. @returns what became of that one */
async function askFailing(url: string, method: Method, journal: string): Promise<number> {
  const body = method === 'POST' ? { body: 'a form' } : {};
  let n = 0;
  return waitFor('a request at the failing host', async () => {
    const token = `${method}${++n}`;
    const { status } = await httpRequest(`${url}/?${token}`, { method, ...body });
    return fs.readFileSync(journal, 'utf8').includes(`failing ${token}\n`) ? status : undefined;
  });
}

for (const balancer of BALANCERS) {
  const { name } = balancer;
  const title = `what ${name} repeats`;
  describe.skipIf(!hasProgram(balancer.command, title))(
    `what ${name} sends to another host`,
    () => {
      it.each(['dies', 'is busy'] as const)('when a host %s', async (mode) => {
        const { ports, journal } = await startHosts(mode);
        const statuses: Partial<Record<Method, number>> = {};
        for (const method of ['GET', 'POST'] as const) {
          // Anew: this one may not send the failing host anything for a while.
          const url = await balancer.start(tempDir(), ports);
          statuses[method] = await askFailing(url, method, journal);
        }
        expect(statuses).toEqual(EXPECTED[name][mode]);
      });

      it('when a host is not there: everything', async () => {
        const { ports, journal } = await startHosts('is not there');
        const url = await balancer.start(tempDir(), ports);
        for (let n = 0; n < 10; n++) {
          const request = n % 2 === 0 ? {} : { method: 'POST', body: 'a form' };
          // An escaped slash, which Apache refuses unless the site is told otherwise.
          const page = n === 0 ? '/a%2Fb' : '/';
          const { status, body } = await httpRequest(`${url}${page}?${n}`, request);
          expect(`${status} ${body.toString()}`).toBe('200 good\n');
        }
        expect(fs.readFileSync(journal, 'utf8').split('\n')).toHaveLength(10 + 1);
      });
    },
  );
}
