// The part of the connection contract that is about trouble: peers that hang up, handlers that fail,
// and time that runs out.

import { EventEmitter, once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Outcome } from '../../src/connection/outcome.ts';
import type { Produce } from '../../src/gateway/handler.ts';
import { encodeScgi, rawExchange, request } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Serve } from './connection-parts.ts';
import {
  dial,
  echo,
  GET,
  HEAD,
  HELLO,
  hello,
  lastOutcome,
  POST,
  waiting,
} from './connection-parts.ts';

export function describeHangUps(serve: Serve): void {
  it('fires the signal when the peer hangs up (S11), and counts it as aborted', async () => {
    const { produce, reason, started } = waiting();
    const served = await serve(produce);
    const socket = dial(served.address);
    socket.write(encodeScgi(GET));
    await waitFor('the start', started);
    socket.destroy();
    expect(await waitFor('the signal', reason)).toMatchObject({ code: 'ERR_SCGI_PEER_CLOSED' });
    await waitFor('the close', () => served.open() === 0);
  });

  it('fires the signal at a half-close, and sends what is written after it (rule 14)', async () => {
    const { produce, reason } = waiting();
    const served = await serve(produce);
    const { bytes } = await rawExchange(served.address, encodeScgi(GET), { halfClose: true });
    expect(bytes.toString()).toMatch(/\r\n\r\nlate$/);
    expect(reason()).toMatchObject({ code: 'ERR_SCGI_PEER_CLOSED' });
  });

  it('breaks the input when the peer hangs up in the body (S07)', async () => {
    let failure: unknown;
    const served = await serve(async (env, size, input, output, context) => {
      try {
        await echo(env, size, input, output, context);
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    const bytes = Buffer.concat([encodeScgi(POST, 50), Buffer.from('0123456789')]);
    const socket = dial(served.address);
    socket.write(bytes);
    socket.resume().end();
    expect(await waitFor('the failure', () => failure)).toMatchObject({
      code: 'ERR_SCGI_BODY_TRUNCATED',
    });
    expect(await lastOutcome(served)).toMatchObject({ kind: 'aborted', bytesIn: 10 });
    socket.destroy();
  });

  it('answers what runs, and what is still being read, when everything must end', async () => {
    const { produce, started } = waiting();
    const served = await serve(produce);
    const running = rawExchange(served.address, encodeScgi(GET));
    const halfRead = rawExchange(served.address, encodeScgi(GET).subarray(0, 30));
    const silent = rawExchange(served.address, Buffer.alloc(0));
    await waitFor('the connections', () => started() && served.open() === 3);
    // The half has arrived when what was sent behind it is answered.
    await rawExchange(served.address, Buffer.from('x'));
    await served.stopAll(503);
    // The handler has looked at its signal, which does not make its end one by the peer.
    expect(served.outcomes.find(({ request: asked }) => asked !== undefined)?.kind).toBe('stopped');
    expect((await running).bytes.toString()).toMatch(/^Status: 503 [^]*Retry-After: 1/);
    expect((await halfRead).bytes.toString()).toMatch(/^Status: 503 /);
    expect((await silent).bytes.length).toBe(0);
    const late = await rawExchange(served.address, encodeScgi(GET));
    expect(late.bytes.toString()).not.toMatch(/^Status: 200/);
  });

  it('survives a peer that goes while the response streams (S13)', async () => {
    const served = await serve(async (_env, _size, _input, output, { signal }) => {
      output.write(HEAD);
      while (!signal.aborted) {
        output.write(Buffer.alloc(32 * 1024));
        await delay(1);
      }
    });
    const socket = dial(served.address);
    socket.write(encodeScgi(GET));
    await waitFor('the first bytes', () => socket.bytesRead > 0 || socket.readableLength > 0);
    socket.destroy();
    expect((await lastOutcome(served)).kind).toBe('aborted');
    await waitFor('the close', () => served.open() === 0);
  });

  it('does not blame a handler that gives up its response because its peer went', async () => {
    const served = await serve(async (_env, _size, _input, output, { signal }) => {
      output.write(`${HEAD}half`);
      await once(signal, 'abort');
      output.destroy();
    });
    const socket = dial(served.address);
    socket.write(encodeScgi(GET));
    await waitFor('the first bytes', () => socket.bytesRead > 0 || socket.readableLength > 0);
    socket.destroy();
    expect((await lastOutcome(served)).kind).toBe('aborted');
  });

  it('breaks the input of a handler that has answered and reads on', async () => {
    let failure: unknown;
    const served = await serve(async (_env, _size, input, output) => {
      output.end(`${HEAD}hello`);
      failure = await text(input).catch((error: unknown) => error);
    });
    const socket = dial(served.address);
    socket.resume().write(Buffer.concat([encodeScgi(POST, 50), Buffer.from('0123456789')]));
    await waitFor('the answer', () => socket.readableEnded);
    socket.destroy();
    await lastOutcome(served);
    expect(failure).toMatchObject({ code: 'ERR_SCGI_BODY_TRUNCATED' });
  });
}

export function describeFailures(serve: Serve, transport: string): void {
  it.each<[string, Produce, Outcome['kind']]>([
    [
      'throws',
      () => {
        throw new TypeError('boom');
      },
      'handler-failed',
    ],
    [
      'rejects',
      async () => {
        throw new TypeError('boom');
      },
      'handler-failed',
    ],
    ['writes nothing (H36)', () => {}, 'response-invalid'],
    ['writes no head', (_e, _s, _i, output) => output.end('just text'), 'response-invalid'],
    [
      'writes a bad status (H04)',
      (_e, _s, _i, output) => output.end('Status: abc\r\n\r\n'),
      'response-invalid',
    ],
    ['destroys its output', (_e, _s, _i, output) => output.destroy(), 'response-invalid'],
    [
      'throws after a held head',
      (_e, _s, _i, output) => {
        output.write(`${HEAD}x`);
        throw new Error('boom');
      },
      'handler-failed',
    ],
  ])('answers a complete 500 when the handler %s (S15)', async (_title, produce, kind) => {
    const served = await serve(produce);
    const answer = await request(served.address);
    expect(answer.status).toBe(500);
    expect(answer.headers.get('content-length')).toEqual([String(answer.body.length)]);
    expect(answer.body.toString()).not.toContain('boom');
    expect(await lastOutcome(served)).toMatchObject({ kind, status: 500 });
  });

  it('cuts the connection when the handler fails after the head', async () => {
    const served = await serve(async (_env, _size, _input, output) => {
      output.write('Content-Length: 100\r\n\r\nhalf');
      await delay(20);
      throw new Error('boom');
    });
    const { bytes, ended } = await rawExchange(served.address, encodeScgi(GET));
    expect(bytes.toString()).toBe('Status: 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    expect(ended).toBe(transport.startsWith('TCP') ? 'reset' : 'end');
    expect(await lastOutcome(served)).toMatchObject({ kind: 'handler-failed', cut: true });
  });

  it('cuts a response that is shorter than announced (H17)', async () => {
    const served = await serve(async (_env, _size, _input, output) => {
      output.write('Content-Length: 10\r\n\r\nBODY');
      // libuv, in the peer, takes a reset that comes together with data for an ordinary end.
      await delay(20);
    });
    const { bytes, ended } = await rawExchange(served.address, encodeScgi(GET));
    expect(bytes.toString()).toBe('Status: 200 OK\r\nContent-Length: 10\r\n\r\nBODY');
    expect(ended).toBe(transport.startsWith('TCP') ? 'reset' : 'end');
    expect(await lastOutcome(served)).toMatchObject({ kind: 'response-short', cut: true });
  });

  it('reports an error that comes after the answer is out', async () => {
    const served = await serve(async (_env, _size, _input, output) => {
      output.end(`${HEAD}hello`);
      await delay(20);
      throw new Error('too late');
    });
    expect((await rawExchange(served.address, encodeScgi(GET))).bytes.toString()).toBe(HELLO);
    expect(await lastOutcome(served)).toMatchObject({ kind: 'handler-failed', status: 200 });
  });

  it('lets a handler write after its peer is gone', async () => {
    let finished = false;
    const served = await serve(async (_env, _size, _input, output, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      for (let i = 0; i < 20; i++) output.write(HEAD);
      output.end();
      finished = true;
    });
    const socket = dial(served.address);
    socket.write(encodeScgi(GET));
    await waitFor('the connection', () => served.open() > 0 && socket.readyState === 'open');
    socket.destroy();
    await waitFor('the handler to finish', () => finished);
    await lastOutcome(served);
  });
}

export function describeTimeLimits(serve: Serve): void {
  it('closes a connection that says nothing, without an answer', async () => {
    const served = await serve(hello, { headerTimeout: 100 });
    const { bytes, ended } = await rawExchange(served.address, Buffer.alloc(0));
    expect([bytes.length, ended]).toEqual([0, 'end']);
    expect(await lastOutcome(served)).toMatchObject({ kind: 'timed-out', phase: 'header' });
  });

  it('answers 408 to a header block that is too slow, however steadily it comes', async () => {
    const served = await serve(hello, { headerTimeout: 150 });
    const pieces = [...encodeScgi(GET)].map((byte) => Buffer.from([byte]));
    const { bytes } = await rawExchange(served.address, pieces, { pauseMs: 20 });
    expect(bytes.toString()).toMatch(/^Status: 408 /);
    expect(await lastOutcome(served)).toMatchObject({ kind: 'timed-out', phase: 'header' });
  });

  it('answers 408 when the handler waits for a body that never comes (S09)', async () => {
    const served = await serve(
      async (_env, _size, input, output) => {
        for await (const chunk of input) output.write(chunk);
      },
      { bodyTimeout: 100 },
    );
    const { bytes } = await rawExchange(served.address, encodeScgi(POST, 5));
    expect(bytes.toString()).toMatch(/^Status: 408 /);
    expect(await lastOutcome(served)).toMatchObject({ kind: 'timed-out', phase: 'body' });
  });

  it('answers 408 to a handler that waits for nothing but the end of the body', async () => {
    const served = await serve(
      (_env, _size, input) =>
        new Promise((resolve) => {
          input
            .on('data', () => {})
            .on('end', resolve)
            .on('close', resolve);
        }),
      { bodyTimeout: 100 },
    );
    const { bytes } = await rawExchange(served.address, encodeScgi(POST, 5));
    expect(bytes.toString()).toMatch(/^Status: 408 /);
  });

  it('calls it a time limit, not a hang-up, when the handler has looked at its signal', async () => {
    const served = await serve(
      async (_env, _size, input, output, { signal }) => {
        signal.throwIfAborted();
        for await (const chunk of input) output.write(chunk);
      },
      { bodyTimeout: 100 },
    );
    await rawExchange(served.address, encodeScgi(POST, 5));
    expect(await lastOutcome(served)).toMatchObject({ kind: 'timed-out', status: 408 });
  });

  it('gives a body all the time it needs as long as it moves', async () => {
    const { address } = await serve(echo, { bodyTimeout: 400 });
    const pieces = [encodeScgi(POST, 10), ...[...'0123456789'].map((digit) => Buffer.from(digit))];
    const { bytes } = await rawExchange(address, pieces, { pauseMs: 50 });
    expect(bytes.toString()).toMatch(/\r\n\r\n0123456789$/);
  });

  it('answers 504 to a request that takes too long, and tells its handler', async () => {
    const { produce, reason } = waiting();
    const served = await serve(produce, { requestTimeout: 100 });
    const { bytes } = await rawExchange(served.address, encodeScgi(GET));
    expect(bytes.toString()).toMatch(/^Status: 504 Gateway Timeout\r\n/);
    const expected = { kind: 'timed-out', phase: 'request', status: 504 };
    expect(await lastOutcome(served)).toMatchObject(expected);
    expect(reason()).toMatchObject({ code: 'ERR_SCGI_TIMEOUT', phase: 'request' });
  });

  it('tells of such a request at once and once, though its handler goes on', async () => {
    const gate = new EventEmitter();
    const goesOn: Produce = async () => void (await once(gate, 'open'));
    const served = await serve(goesOn, { requestTimeout: 100 });
    await rawExchange(served.address, encodeScgi(GET));
    expect(await lastOutcome(served)).toMatchObject({ kind: 'timed-out', status: 504 });
    expect(served.over).toEqual([]);
    gate.emit('open');
    await waitFor('the end', () => served.over.length > 0 && served.open() === 0);
    expect(served.outcomes).toHaveLength(1);
    expect(served.over).toHaveLength(1);
  });

  it('cuts a response that takes too long, however it moves', async () => {
    const served = await serve(
      async (_env, _size, _input, output, { signal }) => {
        output.write(HEAD);
        while (!signal.aborted) {
          output.write('more');
          await nextTurn();
        }
      },
      { requestTimeout: 200 },
    );
    const { bytes } = await rawExchange(served.address, encodeScgi(GET));
    expect(bytes.toString()).toMatch(/more$/);
    const expected = { kind: 'timed-out', phase: 'request', status: 200, cut: true };
    expect(await lastOutcome(served)).toMatchObject(expected);
  });

  it('gives each request its own time', async () => {
    const served = await serve(
      async (_env, _size, _input, output) => {
        await delay(200);
        output.end(`${HEAD}done`);
      },
      { requestTimeout: 300 },
    );
    const asked = [0, 150, 300].map(async (ms) => {
      await delay(ms);
      return rawExchange(served.address, encodeScgi(GET));
    });
    for (const { bytes } of await Promise.all(asked)) expect(bytes.toString()).toMatch(/done$/);
  });

  it('cuts a peer that does not read its response', async () => {
    const served = await serve(
      async (_env, _size, _input, output) => {
        output.end(Buffer.concat([Buffer.from(HEAD), Buffer.alloc(32 * 1024 * 1024)]));
      },
      { sendTimeout: 200 },
    );
    const socket = dial(served.address);
    socket.pause().write(encodeScgi(GET));
    expect(await lastOutcome(served)).toMatchObject({ kind: 'timed-out', phase: 'send' });
    await waitFor('the close', () => served.open() === 0);
    socket.destroy();
  });
}
