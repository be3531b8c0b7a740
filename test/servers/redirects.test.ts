// What a browser learns of a Location that begins with a slash, behind every web server.

import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpRequest } from '../helpers/load.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { hasProgram } from './front.ts';
import type { FrontKind } from './other-fronts.ts';
import { FRONTS } from './other-fronts.ts';
import { APACHE, startWith } from './web-servers.ts';

/** Answers with the status and the Location of its query; without one, as after an internal redirect, with the method. */
const HANDLER = `
  export const produce = (env, bodySize, input, output) => {
    const query = new URLSearchParams(env.QUERY_STRING);
    if (!query.has('to')) return output.end('A: b\\n\\n' + env.REQUEST_METHOD);
    const status = query.has('status') ? 'Status: ' + query.get('status') + '\\n' : '';
    output.end(status + 'Location: ' + query.get('to') + '\\n\\nthe body');
  };
`;

interface Seen {
  status: number;
  location: string | undefined;
  body: string;
}

interface Site {
  /** Scheme and host of whole URLs. */
  origin: string;
  /** Posts a form that is answered with a Location. */
  post: (to: string, status?: number) => Promise<Seen>;
}

async function startSite(front: FrontKind, mode: string): Promise<Site> {
  const dir = tempDir();
  const handler = path.join(dir, 'handler.mjs');
  fs.writeFileSync(handler, HANDLER);
  const args = ['--port', '0', '--absolute-redirects', mode];
  const server = await startServer({ handler, args });
  const { port } = server.address() as { port: number };
  const url = await front.start(dir, port);
  const post = async (to: string, status?: number): Promise<Seen> => {
    const query = new URLSearchParams(
      status === undefined ? { to } : { to, status: String(status) },
    );
    const answer = await httpRequest(`${url}/go?${query.toString()}`, {
      method: 'POST',
      body: 'a=b',
    });
    const { location } = answer.headers;
    return { status: answer.status, location, body: answer.body.toString() };
  };
  // Debian's scgi_params do not tell the port.
  return { origin: front === NGINX ? 'http://127.0.0.1' : url, post };
}

function named(name: string): FrontKind {
  const front = FRONTS.find((kind) => kind.name === name);
  if (front === undefined) throw new Error(`there is no front ${name}`);
  return front;
}

const NGINX = named('nginx, config/nginx.conf');
const LIGHTTPD = named('lighttpd, at the root');
const PROXY_SCGI = named('Apache mod_proxy_scgi');

/** The module's built file: nobody packages it. */
const MODULE: string | undefined = process.env['MOD_SCGI'];

/** With its name hidden, as by Debian's default. */
const MOD_SCGI: FrontKind = {
  name: 'Apache mod_scgi',
  command: APACHE.command,
  start: startWith(
    APACHE,
    (dir, own, port) => `
      ${APACHE.base(dir, own)}
      ServerName front.example
      ServerTokens Prod
      LoadModule scgi_module ${MODULE ?? ''}
      <Location "/">
        SCGIServer 127.0.0.1:${port}
        SCGIHandler On
      </Location>
    `,
  ),
};

function canRun(front: FrontKind): boolean {
  const title = `redirects behind ${front.name}`;
  if (front === MOD_SCGI && MODULE === undefined) {
    console.warn(`SKIPPED: MOD_SCGI names no built mod_scgi.so: "${title}" cannot be tested`);
    return false;
  }
  return hasProgram(front.command, title);
}

const REDIRECTS = [301, 302, 303, 307, 308];

describe.each([NGINX, LIGHTTPD, PROXY_SCGI, MOD_SCGI])('a Location behind $name', (front) => {
  it.skipIf(!canRun(front))('reaches the browser, whatever the status', async () => {
    const { origin, post } = await startSite(front, 'auto');
    const redirectTo = front === MOD_SCGI ? `${origin}/target?a=b` : '/target?a=b';
    for (const status of [...REDIRECTS, undefined]) {
      const expected = { status: status ?? 302, location: redirectTo, body: 'the body' };
      expect(await post('/target?a=b', status)).toEqual(expected);
    }
    expect((await post('/target', 201)).location).toBe('/target');
    const answered = { status: 200, location: `${origin}/target`, body: 'the body' };
    expect(await post('/target', 200)).toEqual(answered);
    expect((await post('//other.example/x', 200)).location).toBe('http://other.example/x');
    // Only a slash at its beginning is an order to a web server.
    for (const to of ['x', '?x', '../x', 'https://other.example/x']) {
      for (const status of [200, 302]) {
        expect(await post(to, status)).toEqual({ status, location: to, body: 'the body' });
      }
    }
  });
});

it.skipIf(!canRun(NGINX))(
  'a Location has a host behind any web server if it always has to',
  async () => {
    const { origin, post } = await startSite(NGINX, 'always');
    for (const status of [200, 201, ...REDIRECTS, undefined]) {
      expect((await post('/target', status)).location).toBe(`${origin}/target`);
    }
  },
);

describe.each([
  { front: NGINX, followed: [] },
  { front: LIGHTTPD, followed: [] },
  { front: PROXY_SCGI, followed: [200] },
  { front: MOD_SCGI, followed: [200, ...REDIRECTS] },
])('a Location without a host behind $front.name', ({ front, followed }) => {
  // So that it is known what the tests above have to fear.
  it.skipIf(!canRun(front))(
    `is followed by it with ${followed.join(' ') || 'no status'}`,
    async () => {
      const { post } = await startSite(front, 'never');
      const passed = { location: '/target', body: 'the body' };
      const internal = { status: 200, location: undefined, body: 'GET' };
      for (const status of [200, 201, ...REDIRECTS]) {
        const expected = followed.includes(status) ? internal : { status, ...passed };
        expect(await post('/target', status)).toEqual(expected);
      }
    },
  );
});
