// What every way of serving a connection must do, run by each of them. It sees a server by its
// address and the outcomes that it reports, nothing else.

import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Serve } from './connection-parts.ts';
import { dial, echo, GET, HEAD, HELLO, hello, lastOutcome, POST } from './connection-parts.ts';
import {
  describeFailures,
  describeHangUps,
  describeTimeLimits,
} from './connection-trouble-contract.ts';

const Q01 = Buffer.concat([
  encodeScgi({ REQUEST_METHOD: 'POST', REQUEST_URI: '/deepthought' }, 27),
  Buffer.from('What is the answer to life?'),
]);

export function describeConnection(transport: string, serve: Serve): void {
  describe(`a connection over ${transport}`, () => {
    describeAnswers(serve);
    describeBadRequests(serve);
    describeBodies(serve);
    describeHangUps(serve);
    describeFailures(serve, transport);
    describeTimeLimits(serve);
  });
}

function describeAnswers(serve: Serve): void {
  it('answers a whole response with its length and ends its side at once', async () => {
    const served = await serve(hello);
    const { bytes, ended } = await rawExchange(served.address, encodeScgi(GET));
    expect(bytes.toString()).toBe(HELLO);
    expect(ended).toBe('end');
    expect(await lastOutcome(served)).toMatchObject({
      kind: 'answered',
      status: 200,
      bytesOut: 5,
      request: { method: 'GET', uri: '/' },
    });
  });

  it('accepts a request of one byte a write (S03)', async () => {
    const { address } = await serve(echo);
    const pieces = [...Q01].map((byte) => Buffer.from([byte]));
    const { bytes } = await rawExchange(address, pieces, { pauseMs: 1, timeoutMs: 10_000 });
    expect(bytes.toString()).toMatch(/\r\n\r\nWhat is the answer to life\?$/);
  });

  it('starts the handler before the body is here, and streams it (S04)', async () => {
    let startedWith = -1;
    const served = await serve(async (env, size, input, output, context) => {
      startedWith = input.readableLength;
      await echo(env, size, input, output, context);
    });
    const socket = dial(served.address);
    socket.write(encodeScgi(POST, 25));
    await waitFor('the start of the handler', () => startedWith >= 0);
    expect(startedWith).toBe(0);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    for (let i = 0; i < 5; i++) {
      socket.write('12345');
      await waitFor('the piece back', () => answer.endsWith('12345'.repeat(i + 1)));
    }
    await waitFor('the end', () => socket.readableEnded);
    socket.destroy();
  });

  it('answers a peer that half-closes after its request (S10)', async () => {
    const { address } = await serve(async (_env, _size, _input, output) => {
      await delay(30);
      output.end(`${HEAD}hello`);
    });
    const { bytes } = await rawExchange(address, encodeScgi(GET), { halfClose: true });
    expect(bytes.toString()).toBe(HELLO);
  });

  it('closes an answered connection although the peer never does (S16)', async () => {
    const served = await serve(hello);
    const socket = dial(served.address);
    socket.resume().write(encodeScgi(GET));
    await waitFor('the end of the answer', () => socket.readableEnded);
    expect(socket.destroyed).toBe(false);
    await waitFor('the close by the server', () => served.open() === 0);
    socket.destroy();
  });

  it('streams what is written in several turns, without a length (H34)', async () => {
    const { address } = await serve(async (_env, _size, _input, output) => {
      output.write(`${HEAD}one `);
      await delay(20);
      output.write('two');
    });
    const { bytes, ended } = await rawExchange(address, encodeScgi(GET));
    expect(bytes.toString()).toBe(`Status: 200 OK\r\n${HEAD}one two`);
    expect(ended).toBe('end');
  });

  it('ends an output that the handler left open', async () => {
    const { address } = await serve((_env, _size, _input, output) => {
      output.write(`${HEAD}hello`);
    });
    expect((await rawExchange(address, encodeScgi(GET))).bytes.toString()).toBe(HELLO);
  });

  it('gives a large response written at once its length', async () => {
    const { address } = await serve((_env, _size, _input, output) => {
      output.write(HEAD);
      output.write(Buffer.alloc(700_000, 'a'));
      output.end(Buffer.alloc(300_000, 'b'));
    });
    const { headers, body } = await request(address);
    expect(headers.get('content-length')).toEqual(['1000000']);
    expect(body.equals(Buffer.from('a'.repeat(700_000) + 'b'.repeat(300_000)))).toBe(true);
  });

  it.each([4, 64])(
    'holds a handler back that writes %i KB pieces faster than its peer reads',
    async (kilobytes) => {
      let written = 0;
      const { address } = await serve(async (_env, _size, _input, output) => {
        output.write(HEAD);
        const chunk = Buffer.alloc(kilobytes * 1024);
        for (let i = 0; i < 25_600 / kilobytes; i++) {
          written += chunk.length;
          if (!output.write(chunk)) await new Promise((resolve) => output.once('drain', resolve));
        }
      });
      const socket = dial(address);
      socket.pause().write(encodeScgi(GET));
      await waitFor('the first bytes', () => written > 0);
      let before = -1;
      await waitFor('the handler to pause', async () => {
        const stands = before === written;
        before = written;
        await delay(100);
        return stands;
      });
      expect(written).toBeLessThan(8 * 1024 * 1024);
      let got = 0;
      socket.on('data', (chunk: Buffer) => (got += chunk.length)).resume();
      await waitFor('the whole answer', () => socket.readableEnded);
      expect(got).toBeGreaterThanOrEqual(25_600 * 1024);
      socket.destroy();
    },
  );

  it('answers HEAD with the length of the body and no body (H09)', async () => {
    const { address } = await serve(hello);
    const { bytes } = await rawExchange(address, encodeScgi({ ...GET, REQUEST_METHOD: 'HEAD' }));
    expect(bytes.toString()).toBe(HELLO.replace(/hello$/, ''));
  });

  it('answers TRACE itself (Q22)', async () => {
    let called = false;
    const served = await serve(() => {
      called = true;
    });
    const answer = await request(served.address, { method: 'TRACE' });
    expect(answer.status).toBe(405);
    expect(called).toBe(false);
    expect((await lastOutcome(served)).kind).toBe('refused');
  });
}

function describeBadRequests(serve: Serve): void {
  it.each([
    ['plain HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    [
      'a wrong terminator',
      '57:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00;',
      400,
    ],
    ['a header block above the limit', '99999:', 431],
  ])('answers %s, says why, and goes on', async (_title, bytes, status) => {
    const served = await serve(hello);
    const answer = await rawExchange(served.address, Buffer.from(bytes, 'latin1'));
    expect(answer.bytes.toString()).toMatch(new RegExp(`^Status: ${status} `));
    expect(answer.ended).toBe('end');
    expect(await lastOutcome(served)).toMatchObject({ kind: 'malformed', status });
    expect((await request(served.address)).status).toBe(200);
  });

  it.each(['close', 'reset'] as const)(
    'takes a connection without a byte as nothing (%s: S01, S02)',
    async (how) => {
      const served = await serve(hello);
      const socket = dial(served.address);
      await waitFor('the connection', () => socket.readyState === 'open' && served.open() > 0);
      if (how === 'reset' && 'port' in served.address) socket.resetAndDestroy();
      else socket.destroy();
      expect((await lastOutcome(served)).kind).toBe('empty');
      await waitFor('the close', () => served.open() === 0);
    },
  );

  it('closes without an answer when the header block is cut off (S06)', async () => {
    const served = await serve(hello);
    const { bytes } = await rawExchange(served.address, encodeScgi(GET).subarray(0, 30), {
      halfClose: true,
    });
    expect(bytes.length).toBe(0);
    const outcome = await lastOutcome(served);
    expect([outcome.kind, outcome.request]).toEqual(['aborted', undefined]);
  });
}

function describeBodies(serve: Serve): void {
  it('returns ten megabytes as they came', async () => {
    const { address } = await serve(echo);
    const body = Buffer.alloc(10 * 1024 * 1024, 'scgi');
    const answer = await request(address, { method: 'POST', body, timeoutMs: 15_000 });
    expect(answer.body.equals(body)).toBe(true);
  });

  it('ends the input after the announced bytes and ignores what follows', async () => {
    const { address } = await serve(echo);
    const bytes = Buffer.concat([encodeScgi(POST, 5), Buffer.from('helloEXTRA')]);
    const answer = await rawExchange(address, bytes);
    expect(answer.bytes.toString()).toMatch(/\r\n\r\nhello$/);
  });

  it('reads on after its answer when more came: a reset could lose it (rule 14)', async () => {
    const served = await serve(hello);
    const socket = dial(served.address);
    socket.resume().write(Buffer.concat([encodeScgi(GET), Buffer.from('EXTRA')]));
    await waitFor('the end of the answer', () => socket.readableEnded);
    expect(served.open()).toBe(1);
    socket.destroy();
  });

  it('answers 413 while the upload runs, and reads all of it (Q41)', async () => {
    const served = await serve(hello, { maxBodySize: 1_000 });
    const body = Buffer.alloc(20 * 1024 * 1024);
    const answer = await request(served.address, { method: 'POST', body, timeoutMs: 15_000 });
    expect(answer.status).toBe(413);
    expect(await lastOutcome(served)).toMatchObject({ kind: 'refused', status: 413 });
  });

  it('does not lose the answer of a handler that ignores a large body', async () => {
    const { address } = await serve(hello);
    const body = Buffer.alloc(5 * 1024 * 1024);
    const answer = await request(address, { method: 'POST', body, timeoutMs: 15_000 });
    expect(answer.body.toString()).toBe('hello');
  });

  it('warns when more comes than a web server announced that may have announced too little', async () => {
    const served = await serve(hello);
    const head = encodeScgi({ ...POST, HTTP_CONTENT_LENGTH: '8' }, 0);
    await rawExchange(served.address, Buffer.concat([head, Buffer.from('12345678')]));
    const { kind, warnings } = await lastOutcome(served);
    expect(kind).toBe('answered');
    expect(warnings.join()).toContain('scgi_request_buffering');
  });

  it('reads an upload to its end although the handler has answered and works on', async () => {
    const finishers: (() => void)[] = [];
    const served = await serve((_env, _size, _input, output) => {
      output.end(`${HEAD}hello`);
      return new Promise<void>((resolve) => {
        finishers.push(resolve);
      });
    });
    const body = Buffer.alloc(20 * 1024 * 1024);
    const answer = await request(served.address, { method: 'POST', body, timeoutMs: 5_000 });
    expect(answer.body.toString()).toBe('hello');
    for (const finish of finishers) finish();
    expect((await lastOutcome(served)).kind).toBe('answered');
  });

  it('gives a GET its body (Q23)', async () => {
    const { address } = await serve(echo);
    expect((await request(address, { body: 'getbody' })).body.toString()).toBe('getbody');
  });
}
