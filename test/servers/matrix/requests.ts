// Rows of the matrix: what reaches the handler of what a browser sends.

import { createHash, randomBytes } from 'node:crypto';
import type { RawHttpRequest } from '../../helpers/raw-http.ts';
import type { Difference, MatrixCase, Result, Site } from './case.ts';

/** Longest upload that the server of these tests takes, and that config/nginx.conf lets through. */
export const MOST_BODY = 20_000_000;

const LARGE = randomBytes(MOST_BODY);
const SMALL = LARGE.subarray(0, 1000);

const REFUSED_CHUNKS: Difference = {
  result: { status: 411 },
  says: '411',
};

const KEPT_SLASH: Difference = {
  result: { status: 200, path: '/env/a%2Fb', uri: '/env/a%2Fb' },
  says: '`PATH_INFO` has `%2F`',
};

const COMMA: Difference = {
  result: { status: 200, cookie: 'c=3, d=4' },
  says: 'joined with a comma',
};

const REFUSED_BYTES: Difference = { result: { status: 400 }, says: '400' };

export const REQUESTS: readonly MatrixCase[] = [
  {
    title: 'GET',
    ask: (site) => digest(site, { method: 'GET' }, Buffer.alloc(0)),
    usual: { result: { status: 200, method: 'GET', length: 0, isSame: true }, says: 'answered' },
  },
  {
    title: 'POST of 1 KB',
    ask: (site) => digest(site, { method: 'POST', body: SMALL }, SMALL),
    usual: uploaded(SMALL.length),
  },
  {
    title: 'POST of 20 MB',
    ask: (site) => digest(site, { method: 'POST', body: LARGE }, LARGE),
    usual: uploaded(LARGE.length),
  },
  {
    title: 'An upload in chunks, its length unknown',
    ask: (site) => {
      const chunks = [SMALL, LARGE.subarray(0, 100_000), SMALL];
      return digest(site, { method: 'POST', chunks }, Buffer.concat(chunks));
    },
    usual: uploaded(102_000),
    differences: { Apache: REFUSED_CHUNKS, mod_scgi: REFUSED_CHUNKS },
  },
  {
    title: '413 for an upload above `--max-body-size`, while it runs',
    ask: async (site) => {
      const body = Buffer.concat([LARGE, SMALL]);
      const { status } = await site.ask('/digest', { method: 'POST', body });
      return { status };
    },
    usual: { result: { status: 413 }, says: '413' },
  },
  {
    title: '30 KB of header lines',
    ask: async (site) => {
      const lines = ['A', 'B', 'C', 'D'].map((name) => `X-${name}: ${'x'.repeat(7_500)}`);
      const { status, env } = await site.env('/env', { lines });
      const values = ['A', 'B', 'C', 'D'].map((name) => env[`HTTP_X_${name}`] ?? '');
      return { status, length: values.join('').length };
    },
    usual: { result: { status: 200, length: 30_000 }, says: 'passed on' },
    differences: {
      lighttpd: {
        result: { status: 431, length: 0 },
        says: '431 above 8 KB',
      },
    },
  },
  {
    title: 'Two lines `Cookie`',
    ask: async (site) => {
      const { status, env } = await site.env('/env', { lines: ['Cookie: c=3', 'Cookie: d=4'] });
      return { status, cookie: env['HTTP_COOKIE'] };
    },
    usual: { result: { status: 200, cookie: 'c=3; d=4' }, says: 'joined with a semicolon' },
    differences: { Apache: COMMA, mod_scgi: COMMA },
  },
  {
    title: '`%2F` in a path',
    ask: (site) => pathOf(site, '/env/a%2Fb'),
    usual: {
      result: { status: 200, path: '/env/a/b', uri: '/env/a%2Fb' },
      says: '`PATH_INFO` has a slash',
    },
    differences: { Apache: KEPT_SLASH, mod_scgi: KEPT_SLASH },
  },
  {
    title: '`//` in a path',
    ask: (site) => pathOf(site, '/env//a///b'),
    usual: {
      result: { status: 200, path: '/env/a/b', uri: '/env//a///b' },
      says: '`PATH_INFO` has one slash',
    },
  },
  {
    title: '`..` in a path',
    ask: (site) => pathOf(site, '/x/../env/./a/%2e%2e/b'),
    usual: {
      result: { status: 200, path: '/env/b', uri: '/x/../env/./a/%2e%2e/b' },
      says: 'resolved in `PATH_INFO`',
    },
  },
  {
    title: 'Bytes that are not UTF-8 in a path, `%FF`',
    ask: (site) => pathOf(site, '/env/%FF%FE'),
    usual: {
      result: { status: 200, path: '/env/\xff\xfe', uri: '/env/%FF%FE' },
      says: 'decoded in `PATH_INFO`',
    },
    differences: { lighttpd: REFUSED_BYTES },
  },
  {
    title: 'The same bytes, not escaped',
    ask: (site) => pathOf(site, '/env/\xff\xfe'),
    usual: {
      result: { status: 200, path: '/env/\xff\xfe', uri: '/env/\xff\xfe' },
      says: 'passed on',
    },
    differences: { lighttpd: REFUSED_BYTES },
  },
  {
    title: 'CR and LF in a path, `%0D%0A`',
    ask: (site) => pathOf(site, '/env/a%0D%0AX-Forged:%20yes'),
    usual: {
      result: {
        status: 200,
        path: '/env/a\r\nX-Forged: yes',
        uri: '/env/a%0D%0AX-Forged:%20yes',
      },
      says: 'decoded in `PATH_INFO`',
    },
    differences: { lighttpd: REFUSED_BYTES },
  },
  {
    title: 'A header `Proxy:`',
    ask: async (site) => {
      const { status, env } = await site.env('/env', { lines: ['Proxy: http://192.0.2.1/'] });
      return { status, proxy: env['HTTP_PROXY'] };
    },
    usual: { result: { status: 200, proxy: undefined }, says: 'no `HTTP_PROXY`' },
  },
  {
    title: '`REMOTE_USER` where the web server asks for a password',
    ask: async (site) => {
      const lines = [authorization('ann', 'secret')];
      const { status, env } = await site.env('/private/env', { lines });
      const refused = await site.env('/private/env', { lines: [authorization('ann', 'wrong')] });
      return { status, user: env['REMOTE_USER'], wrongPassword: refused.status };
    },
    usual: { result: { status: 200, user: 'ann', wrongPassword: 401 }, says: 'the name' },
  },
  {
    title: '`REMOTE_USER` of who forges it',
    ask: async (site) => {
      const names = ['Remote-User', 'Remote_User', 'REMOTE_USER'];
      const forged = names.map((name) => `${name}: mallory`);
      const lines = [...forged, authorization('mallory', 'secret')];
      const { env } = await site.env('/env', { lines });
      const right = [...forged, authorization('ann', 'secret')];
      const { env: asked } = await site.env('/private/env', { lines: right });
      const { HTTP_AUTHORIZATION: sent } = env;
      return { user: env['REMOTE_USER'], asked: asked['REMOTE_USER'], hasSent: sent !== undefined };
    },
    usual: { result: { user: undefined, asked: 'ann', hasSent: true }, says: 'not there' },
  },
];

function uploaded(length: number): Difference {
  return { result: { status: 200, method: 'POST', length, isSame: true }, says: 'passed on' };
}

async function digest(site: Site, request: RawHttpRequest, sent: Buffer): Promise<Result> {
  const { status, body } = await site.ask('/digest', request);
  if (status !== 200) return { status };
  const got = JSON.parse(body.toString()) as { method: string; length: number; sha256: string };
  const isSame = got.sha256 === createHash('sha256').update(sent).digest('hex');
  return { status, method: got.method, length: got.length, isSame };
}

async function pathOf(site: Site, below: string): Promise<Result> {
  const { status, env } = await site.env(below);
  if (status !== 200) return { status };
  return { status, path: env['PATH_INFO'], uri: site.below(env['REQUEST_URI'] ?? '') };
}

function authorization(name: string, password: string): string {
  return `Authorization: Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}
