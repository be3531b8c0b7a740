// Rows of the matrix: what reaches the browser of what a handler does.

import { connect } from 'node:net';
import type { RawHttpAnswer } from '../../helpers/raw-http.ts';
import { rawRequest } from '../../helpers/raw-http.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import type { Difference, MatrixCase, Result, Site } from './case.ts';
import { field } from './case.ts';

/** What is sent of a response before it breaks off: in part lost, if its connection is reset. */
const HALF = Buffer.alloc(400_000, 'half ');

const SEEN: Difference = {
  result: { status: 200, isBeginning: true, isWhole: false },
  says: 'the browser sees that it is not whole',
};
const UNSEEN: Difference = {
  result: { status: 200, isBeginning: true, isWhole: true },
  says: 'it looks whole',
};

/** mod_scgi takes a reset for an error of its own; what was sent last is lost. */
const SEEN_WITH_ERROR_PAGE: Difference = {
  result: { status: 200, isBeginning: false, isWhole: false },
  says: 'the same, behind an error page of Apache',
};
const UNSEEN_WITH_ERROR_PAGE: Difference = {
  result: { status: 200, isBeginning: false, isWhole: true },
  says: 'it looks whole, with an error page of Apache at its end',
};

const NOTICED_WHEN_WRITING: Difference = {
  result: { end: 'noticed when it wrote' },
  says: '`context.signal` fires once the handler has written something',
};

export const RESPONSES: readonly MatrixCase[] = [
  {
    title: 'HEAD',
    ask: async (site) => {
      const answer = await site.ask('/status?code=200', { method: 'HEAD' });
      const { status, body } = answer;
      return { status, length: field(answer, 'content-length'), body: body.length };
    },
    usual: {
      result: { status: 200, length: '19', body: 0 },
      says: 'the `Content-Length` of GET',
    },
  },
  {
    title: 'Status 204',
    ask: (site) => statusOf(site, 204),
    usual: passedOn({ status: 204, body: '', isWhole: true }),
  },
  {
    title: 'Status 304',
    ask: (site) => statusOf(site, 304),
    usual: passedOn({ status: 304, body: '', isWhole: true }),
  },
  {
    title: 'Status 404',
    ask: (site) => statusOf(site, 404),
    usual: passedOn({ status: 404, body: 'the document of 404', isWhole: true }),
  },
  {
    title: 'Status 500',
    ask: (site) => statusOf(site, 500),
    usual: passedOn({ status: 500, body: 'the document of 500', isWhole: true }),
  },
  {
    title: 'A handler that throws',
    ask: async (site) => {
      const { status, body } = await site.ask('/throw');
      return { status, isOurs: body.toString().includes('Internal Server Error') };
    },
    usual: passedOn({ status: 500, isOurs: true }),
  },
  {
    title: 'Status 503 of the application, with `Retry-After`',
    ask: async (site) => {
      const answer = await site.ask('/busy');
      const next = await site.ask('/status?code=200');
      const { status, body } = answer;
      const retryAfter = field(answer, 'retry-after');
      return { status, retryAfter, body: body.toString(), next: next.status };
    },
    usual: passedOn({ status: 503, retryAfter: '7', body: 'busy by itself', next: 200 }),
  },
  {
    title: 'A redirect to a path of the same site',
    ask: (site) => redirect(site, '/elsewhere?a=1'),
    usual: passedOn({ found: [302, '/elsewhere?a=1'], afterPost: [303, '/elsewhere?a=1'] }),
    differences: {
      mod_scgi: {
        result: {
          found: [302, 'http://front.example/elsewhere?a=1'],
          afterPost: [303, 'http://front.example/elsewhere?a=1'],
        },
        says: 'absolute, by `--absolute-redirects`',
      },
    },
  },
  {
    title: 'A redirect to another site',
    ask: (site) => redirect(site, 'https://other.example/x'),
    usual: passedOn({
      found: [302, 'https://other.example/x'],
      afterPost: [303, 'https://other.example/x'],
    }),
  },
  {
    title: '`Location` with status 200',
    ask: async (site) => {
      const answer = await site.ask('/redirect?code=200&to=/elsewhere');
      const isThere = field(answer, 'location')?.endsWith('/elsewhere') === true;
      return { status: answer.status, isThere, body: answer.body.toString() };
    },
    usual: passedOn({ status: 200, isThere: true, body: 'to /elsewhere' }),
  },
  {
    title: 'Two lines `Set-Cookie`',
    ask: async (site) => {
      const { fields } = await site.ask('/cookies');
      return {
        cookies: fields.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
      };
    },
    usual: passedOn({ cookies: ['a=1; Path=/', 'b=2'] }),
  },
  {
    title: 'A stream below `/stream`',
    ask: async (site) => {
      const gate = site.gate();
      const url = `http://127.0.0.1:${site.port}${site.target(`/stream/gate?file=${gate.file}`)}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
      const pieces: string[] = [];
      for await (const piece of response.body ?? []) {
        pieces.push(Buffer.from(piece).toString());
        gate.open();
      }
      return { pieces };
    },
    usual: passedOn({ pieces: ['data: first\n\n', 'data: second\n\n'] }),
  },
  {
    title: 'A worker that dies in the middle, with `Content-Length`',
    ask: (site) => brokenOff(site, '/die', '&length'),
    usual: SEEN,
  },
  {
    title: 'A worker that dies in the middle, without',
    ask: (site) => brokenOff(site, '/die', ''),
    usual: UNSEEN,
    // There the master has a copy of the connection, and resets it.
    portableOverTcp: SEEN,
  },
  {
    title: 'A handler that throws in the middle, with `Content-Length`',
    ask: (site) => brokenOff(site, '/fail', '&length'),
    usual: SEEN,
    differences: {
      mod_scgi: SEEN_WITH_ERROR_PAGE,
    },
  },
  {
    title: 'A handler that throws in the middle, without, over TCP',
    only: 'TCP',
    ask: (site) => brokenOff(site, '/fail', ''),
    usual: SEEN,
    differences: {
      lighttpd: UNSEEN,
      mod_scgi: UNSEEN_WITH_ERROR_PAGE,
    },
  },
  {
    title: 'The same below `/stream`, when the browser has some of it',
    only: 'TCP',
    ask: (site) => brokenOff(site, '/stream/fail', ''),
    usual: SEEN,
    differences: { mod_scgi: UNSEEN_WITH_ERROR_PAGE },
  },
  {
    title: 'A handler that throws in the middle, without, over a Unix socket',
    only: 'a Unix socket',
    ask: (site) => brokenOff(site, '/fail', ''),
    usual: UNSEEN,
  },
  {
    title: 'A browser that leaves',
    ask: (site) => leave(site, '/leave'),
    usual: { result: { end: 'noticed while silent' }, says: '`context.signal` fires at once' },
    differences: {
      Apache: NOTICED_WHEN_WRITING,
      mod_scgi: NOTICED_WHEN_WRITING,
      lighttpd: { result: { end: 'not noticed' }, says: '`context.signal` does not fire' },
    },
  },
  {
    title: 'A browser that leaves a stream below `/stream`',
    ask: (site) => leave(site, '/stream/leave'),
    usual: { result: { end: 'noticed while silent' }, says: '`context.signal` fires at once' },
    differences: {
      Apache: NOTICED_WHEN_WRITING,
      mod_scgi: NOTICED_WHEN_WRITING,
      lighttpd: NOTICED_WHEN_WRITING,
    },
  },
];

function passedOn(result: Result): Difference {
  return { result, says: 'passed on' };
}

async function statusOf(site: Site, code: number): Promise<Result> {
  const { status, body, isWhole } = await site.ask(`/status?code=${code}`);
  return { status, body: body.toString(), isWhole };
}

async function redirect(site: Site, to: string): Promise<Result> {
  const target = `/redirect?to=${encodeURIComponent(to)}`;
  const found = await site.ask(`${target}&code=302`);
  const afterPost = await site.ask(`${target}&code=303`, {
    method: 'POST',
    body: Buffer.from('a'),
  });
  return { found: statusAndLocation(found), afterPost: statusAndLocation(afterPost) };
}

function statusAndLocation(answer: RawHttpAnswer): unknown {
  return [answer.status, field(answer, 'location')];
}

/** Asks for a response that breaks off in the middle; below /stream when the browser has some of it. */
async function brokenOff(site: Site, path: string, length: string): Promise<Result> {
  const gate = site.gate();
  const isStream = path.startsWith('/stream/');
  if (!isStream) gate.open();
  const onBytes = isStream ? gate.open : (): void => {};
  const answer = await site.ask(`${path}?file=${gate.file}${length}`, { onBytes });
  const { status, body, isWhole } = answer;
  const isBeginning = body.length > 0 && body.equals(HALF.subarray(0, body.length));
  return { status, isBeginning, isWhole };
}

/**
 * Goes away while the handler is silent. Where that is not known to be noticed, the web server does other
 * work then, and the handler begins to write.
 */
async function leave(site: Site, path: string): Promise<Result> {
  const { log } = site.server;
  const seen = log.length;
  const said = (pattern: RegExp): string | undefined =>
    log.slice(seen).find(({ msg }) => pattern.test(msg))?.msg;
  const gate = site.gate();
  const socket = connect(site.port, '127.0.0.1');
  socket.on('error', () => {});
  for (const bytes of rawRequest(site.target(`${path}?file=${gate.file}`))) socket.write(bytes);
  await waitFor('the handler', () => said(/^leave: waiting/));
  socket.destroy();
  if (!site.noticesSilently) {
    for (let n = 0; n < 10; n += 1) await site.ask('/status?code=200');
    gate.open();
  }
  const end = await waitFor('the end of the handler', () => said(/^leave: not/), 20_000);
  return { end: end.replace('leave: ', '') };
}
