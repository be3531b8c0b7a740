import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestTimeoutError } from '../../../src/connection/connection-errors.ts';
import { handlerFailure, hangUp, shortResponse } from '../../../src/connection/failure.ts';
import { LongRunning } from '../../../src/connection/long-running.ts';
import { OpenSockets } from '../../../src/connection/open-sockets.ts';
import { ResponseError } from '../../../src/protocol/protocol-error.ts';

const connection = () => ({ becomeStream: vi.fn<() => void>() });

describe('LongRunning (rule 14)', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('makes a stream of each connection that stays, within 200 ms of its coming', () => {
    const longRunning = new LongRunning();
    const all = Array.from({ length: 20 }, connection);
    for (const one of all) {
      longRunning.add(one);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(190);
    expect(all.map(({ becomeStream }) => becomeStream.mock.calls.length)).toEqual(all.map(() => 1));
  });

  it('leaves alone what is answered before, young or old', () => {
    const longRunning = new LongRunning();
    const [young, old] = [connection(), connection()];
    longRunning.add(old);
    vi.advanceTimersByTime(150);
    longRunning.add(young);
    longRunning.delete(old);
    longRunning.delete(young);
    vi.advanceTimersByTime(1_000);
    expect([young, old].flatMap(({ becomeStream }) => becomeStream.mock.calls)).toEqual([]);
  });

  it('has no timer when nothing is left, and one again when something comes', () => {
    const longRunning = new LongRunning();
    longRunning.add(connection());
    vi.advanceTimersByTime(500);
    expect(vi.getTimerCount()).toBe(0);
    const late = connection();
    longRunning.add(late);
    vi.advanceTimersByTime(200);
    expect(late.becomeStream).toHaveBeenCalledTimes(1);
  });
});

describe('a failure', () => {
  const none = { input: undefined, output: null };

  it('of the handler is answered 500, with its error', () => {
    const error = new Error('boom');
    expect(handlerFailure(error, none)).toEqual({ kind: 'handler-failed', error, status: 500 });
  });

  it('of the handler that follows from an invalid response is that response', () => {
    const output = new ResponseError('no head');
    const failure = handlerFailure(new Error('after it'), { ...none, output });
    expect(failure).toEqual({ kind: 'response-invalid', error: output, status: 500 });
  });

  it('of the handler that follows from a body that does not come is a time limit', () => {
    const input = new RequestTimeoutError('body', 100);
    expect(handlerFailure(new Error('after it'), { ...none, input })).toMatchObject({
      kind: 'timed-out',
      phase: 'body',
      status: 408,
    });
  });

  it('where nobody reads, or the head is out, has no answer', () => {
    expect(hangUp()).toMatchObject({ kind: 'aborted', error: { code: 'ERR_SCGI_PEER_CLOSED' } });
    expect([hangUp().status, shortResponse(3).status]).toEqual([undefined, undefined]);
    expect(shortResponse(3).error).toMatchObject({ message: expect.stringMatching(/3 bytes/) });
  });
});

it('knows which sockets of a worker are open, and when those are closed', async () => {
  const open = new OpenSockets();
  await open.allClosed();
  const [one, other] = [new EventEmitter(), new EventEmitter()];
  for (const socket of [one, other]) open.add(socket as Socket);
  let areClosed = false;
  const closed = open.allClosed().then(() => (areClosed = true));
  one.emit('close');
  await Promise.resolve();
  expect([open.size, areClosed]).toEqual([1, false]);
  other.emit('close');
  await closed;
  expect(open.size).toBe(0);
});
