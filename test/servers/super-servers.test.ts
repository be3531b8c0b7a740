// What processes do that openbsd-inetd, xinetd, tcpserver and systemd start, by their files in config/.

import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpRequest } from '../helpers/load.ts';
import { startNginx } from '../helpers/nginx.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import { PROGRAMS } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { canRun, hasNginx } from './front.ts';
import { startSuperServer } from './start-super-server.ts';
import type { SuperServer } from './super-servers.ts';
import { INETD_WITH_PROGRAMS, SUPER_SERVERS } from './super-servers.ts';

function isMissing({ name, isHere, debian }: SuperServer): boolean {
  return !canRun(name, isHere() ? undefined : `${debian} is not installed`);
}

for (const superServer of SUPER_SERVERS) {
  describe.skipIf(isMissing(superServer))(`a process started by ${superServer.name}`, () => {
    describeProcesses(superServer);
  });
}

function describeProcesses(superServer: SuperServer): void {
  it('answers with the response of PEP 3333, byte for byte, and nothing else', async () => {
    const { address } = await startSuperServer(superServer, 'pep3333.mjs');
    const get = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/' });
    for (let round = 0; round < 2; round++) {
      const { bytes, ended } = await rawExchange(address, get);
      expect(ended).toBe('end');
      expect(bytes.toString()).toBe(
        'Status: 200 OK\r\nContent-type: text/plain\r\nContent-Length: 13\r\n\r\nHello world!\n',
      );
    }
  });

  it('lets nothing that is printed into an answer, whoever prints it', async () => {
    const { address, log } = await startSuperServer(superServer, 'noisy.mjs');
    const { raw } = await request(address, { path: '/', env: { PATH_INFO: '/' } });
    expect(raw.toString()).toMatch(/^Status: 200 OK\r\n[^]*\r\n\r\nnothing but this\n$/);
    const lines = ['by console.log', 'by console.error', 'by process.stdout'];
    lines.push('by process.stderr', 'by descriptor 1', 'by descriptor 2');
    lines.push('child out', 'child err', 'by a warning of node');
    await waitFor('all of it in the log', () => lines.every((line) => log().includes(line)));
    expect(log()).not.toMatch(/by descriptor 0|child in/);
  });

  it('lets nothing into the connection when it dies natively', async () => {
    const { address, log } = await startSuperServer(superServer, 'noisy.mjs');
    const env = { REQUEST_METHOD: 'GET', REQUEST_URI: '/abort', PATH_INFO: '/abort' };
    const { bytes } = await rawExchange(address, encodeScgi(env));
    expect(bytes.toString()).toBe('');
    await waitFor("node's last words in the log", () =>
      /node::Abort|Native stack trace/.test(log()),
    );
  });

  it('streams an upload in, and the same back', async () => {
    const { address } = await startSuperServer(superServer, 'kitchen.mjs');
    const body = randomBytes(3_000_000);
    const env = { PATH_INFO: '/echo' };
    const answer = await request(address, { method: 'POST', path: '/echo', env, body });
    expect(answer.status).toBe(200);
    expect(answer.body.equals(body)).toBe(true);
  });

  it(`serves ${superServer.serves}, and is gone in the end`, async () => {
    const { address, processes } = await startSuperServer(superServer, 'kitchen.mjs');
    const pidOf = async (): Promise<string> => {
      const { body } = await request(address, {
        path: '/sleep?ms=1',
        env: { PATH_INFO: '/sleep' },
      });
      return /pid=(\d+)/.exec(body.toString())?.[1] ?? body.toString();
    };
    const [first, second] = [await pidOf(), await pidOf()];
    if (superServer.serves === 'all') expect(second).toBe(first);
    else expect(second).not.toBe(first);
    await waitFor('the end of the processes', () => processes().length === 0, 20_000);
  });
}

const ask = (path: string, body?: string) => ({
  method: body === undefined ? 'GET' : 'POST',
  path,
  body: body ?? '',
  env: { SCRIPT_FILENAME: `${PROGRAMS}/contract.pl` },
});

describe.skipIf(isMissing(INETD_WITH_PROGRAMS))('a CGI program under openbsd-inetd', () => {
  it('answers, takes an upload, and redirects', async () => {
    const { address, processes } = await startSuperServer(INETD_WITH_PROGRAMS, 'pep3333.mjs');
    const made = await request(address, ask('/made'));
    expect([made.status, made.body.toString()]).toEqual([201, 'made\n']);
    expect(made.headers.get('set-cookie')).toEqual(['a=1', 'b=2']);
    const body = 'all of it\n'.repeat(100_000);
    expect((await request(address, ask('/echo', body))).body.toString()).toBe(body);
    expect((await request(address, ask('/redirect'))).status).toBe(302);
    await waitFor('the end of the processes', () => processes().length === 0);
  });

  it('fails with a 500, and the reason in the log', async () => {
    const { address, log } = await startSuperServer(INETD_WITH_PROGRAMS, 'pep3333.mjs');
    expect((await request(address, ask('/fail'))).status).toBe(500);
    await waitFor('its own words', () => log().includes('contract.pl: failed on purpose'));
    await waitFor('its exit code', () =>
      log().includes('wrote no response and exited with code 1'),
    );
  });
});

const [INETD] = SUPER_SERVERS;

describe.skipIf(!hasNginx('nginx before inetd'))('nginx before inetd', () => {
  it.skipIf(INETD === undefined || isMissing(INETD))(
    'serves what its processes answer',
    async () => {
      const { address } = await startSuperServer(INETD!, 'pep3333.mjs');
      const nginx = await startNginx({ dir: tempDir(), upstream: address });
      onTestFinished(() => nginx.stop());
      const { status, headers, body } = await httpRequest(`${nginx.url}/`);
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('text/plain');
      expect(body.toString()).toBe('Hello world!\n');
    },
  );
});
