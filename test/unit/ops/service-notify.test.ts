import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceNotify } from '../../../src/ops/service-notify.ts';
import { watchdogInterval } from '../../../src/ops/watchdog-interval.ts';

interface Bench {
  notify: ServiceNotify;
  sent: string[];
  warnings: string[];
  /** How often "ready" was said on the descriptor. */
  ready: () => number;
  /** Whether the receiver takes messages, or what sending one throws. */
  receiver: { state: 'takes' | 'full' | Error };
}

function setUp(): Bench {
  const sent: string[] = [];
  const warnings: string[] = [];
  const receiver: Bench['receiver'] = { state: 'takes' };
  let said = 0;
  const notify = new ServiceNotify({
    send: (message) => {
      if (receiver.state instanceof Error) throw receiver.state;
      if (receiver.state === 'full') return false;
      sent.push(message);
      return true;
    },
    sayReady: () => said++,
    warn: (message) => warnings.push(message),
  });
  return { notify, sent, warnings, ready: () => said, receiver };
}

function failsToSay(): never {
  throw new Error('EPIPE');
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('ServiceNotify', () => {
  it('says READY once for a generation, and the line on the descriptor once for all', () => {
    const { notify, sent, ready } = setUp();
    notify.status('1 of 5 workers ready');
    notify.ready();
    notify.ready();
    notify.reloading();
    notify.ready();
    expect(sent.map((message) => message.replace(/USEC=\d+/, 'USEC=N'))).toEqual([
      'STATUS=1 of 5 workers ready',
      'READY=1\nSTATUS=1 of 5 workers ready',
      'RELOADING=1\nMONOTONIC_USEC=N',
      'READY=1\nSTATUS=1 of 5 workers ready',
    ]);
    expect(ready()).toBe(1);
  });

  it('says whatever it is told in one line', () => {
    const { notify, sent } = setUp();
    notify.stopping('quick stop: no port\nMAINPID=1');
    expect(sent).toEqual(['STOPPING=1\nSTATUS=quick stop: no port MAINPID=1']);
  });

  it('says nothing of READY when it stops', () => {
    const { notify, sent } = setUp();
    notify.stopping('quick stop: SIGINT');
    notify.ready();
    expect(sent).toEqual(['STOPPING=1\nSTATUS=quick stop: SIGINT']);
  });

  it('tells a status at most once a second, the last of several, and none twice', () => {
    const { notify, sent } = setUp();
    for (const text of ['a', 'b', 'c', 'c']) notify.status(text);
    expect(sent).toEqual(['STATUS=a']);
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual(['STATUS=a', 'STATUS=c']);
    vi.advanceTimersByTime(5_000);
    notify.status('c');
    expect(sent).toEqual(['STATUS=a', 'STATUS=c']);
    notify.status('d');
    expect(sent.at(-1)).toBe('STATUS=d');
  });

  it('says that it lives only when that has been proved since the last time', async () => {
    const { notify, sent } = setUp();
    const proofs: (() => void)[] = [];
    const prove = () => new Promise<void>((resolve) => proofs.push(resolve));
    notify.watch(100, prove);
    await vi.advanceTimersByTimeAsync(1_000);
    // What does not answer is asked once.
    expect([sent, proofs.length]).toEqual([[], 1]);
    proofs[0]?.();
    await vi.advanceTimersByTimeAsync(100);
    expect([sent, proofs.length]).toEqual([['WATCHDOG=1'], 2]);
    notify.close();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(proofs.length).toBe(2);
  });

  it('keeps what a full receiver does not take, in order, and of signs of life not all', () => {
    const { notify, sent, receiver } = setUp();
    receiver.state = 'full';
    notify.ready();
    for (let i = 0; i < 30; i++) {
      notify.status(`${i}`);
      vi.advanceTimersByTime(1_000);
    }
    notify.stopping('x');
    receiver.state = 'takes';
    vi.advanceTimersByTime(1_000);
    expect(sent[0]).toBe('READY=1\nSTATUS=');
    expect(sent.at(-1)).toBe('STOPPING=1\nSTATUS=x');
    expect(sent.length).toBeLessThanOrEqual(21);
  });

  it('warns once of a receiver that is not there, and is silent then', () => {
    const { notify, sent, warnings, receiver } = setUp();
    receiver.state = new Error('gone');
    notify.ready();
    receiver.state = 'takes';
    notify.stopping('x');
    expect([sent, warnings]).toEqual([[], ['the service manager is told nothing any more: gone']]);
  });

  it('warns of a descriptor that nobody reads', () => {
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    new ServiceNotify({ send: undefined, sayReady: failsToSay, warn }).ready();
    expect(warnings).toEqual(['nobody can be told that the server is ready (--notify-fd): EPIPE']);
  });
});

describe('watchdogInterval', () => {
  it.each([
    [{}, undefined],
    [{ WATCHDOG_USEC: '30000000' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{ WATCHDOG_USEC: 'x' }, undefined],
    [{ WATCHDOG_USEC: '100' }, 1],
  ])('of %j is %s', (variables, interval) => {
    expect(watchdogInterval(variables, 7)).toBe(interval);
  });
});
