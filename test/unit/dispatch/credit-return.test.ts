import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  creditsIn,
  LOOK_AGAIN,
  OUT_OF_DESCRIPTORS,
} from '../../../src/dispatch/native/credit-message.ts';
import { CreditReturn } from '../../../src/dispatch/native/credit-return.ts';
import type { SpareDescriptor } from '../../../src/dispatch/native/spare-descriptor.ts';
import { EXHAUSTED, FULL, GONE, NOTHING, TRUNCATED } from '../../../src/posix/answers.ts';
import type { Channel } from '../../../src/posix/channel.ts';

describe('CreditReturn (rule 7)', () => {
  let answer = 0;
  let hasSpare = true;
  let sent: number[] = [];
  let arriving: number[] = [];
  let credits: CreditReturn;

  beforeEach(() => {
    vi.useFakeTimers();
    [answer, hasSpare, sent, arriving] = [0, true, [], []];
    const sendMessage = (message: number): number => {
      if (answer === 0) sent.push(message);
      return answer;
    };
    credits = new CreditReturn(
      { sendMessage, receive: () => arriving.shift() ?? NOTHING } as Channel,
      {
        get isHeld() {
          return hasSpare;
        },
        reserve: () => hasSpare,
        release: () => {},
      } as SpareDescriptor,
    );
  });
  afterEach(() => void vi.useRealTimers());

  it('counts what is at the dispatcher', () => {
    credits.give(3);
    expect([sent, credits.given]).toEqual([[3], 3]);
  });

  it('has a credit again with each connection, also with one that the kernel has closed', () => {
    arriving = [EXHAUSTED, 7, TRUNCATED, 8];
    expect([credits.receive(), arriving.length]).toEqual([NOTHING, 4]);
    credits.give(2);
    expect([credits.receive(), credits.given]).toEqual([NOTHING, 2]);
    expect([credits.receive(), credits.receive(), credits.receive()]).toEqual([
      7,
      TRUNCATED,
      NOTHING,
    ]);
    expect([credits.given, arriving]).toEqual([0, [8]]);
  });

  it('takes no connection without a spare descriptor: another worker may', () => {
    credits.give(1);
    [hasSpare, arriving] = [false, [7]];
    expect([credits.receive(), credits.given, arriving]).toEqual([NOTHING, 1, [7]]);
  });

  it('asks for a look with the next credit, once', () => {
    credits.askToLook();
    credits.give(1);
    credits.give(1);
    expect(sent).toEqual([1 | LOOK_AGAIN, 1]);
  });

  it('tries again when the channel is full, with all that is owed by then', () => {
    answer = FULL;
    credits.askToLook();
    credits.give(1);
    credits.give(2);
    vi.advanceTimersByTime(100);
    expect([sent, credits.given]).toEqual([[], 0]);
    answer = 0;
    vi.advanceTimersByTime(100);
    expect([sent, credits.given]).toEqual([[3 | LOOK_AGAIN], 3]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives no credit without a spare descriptor, says so, and does not spin', () => {
    hasSpare = false;
    credits.give(2);
    expect([sent, credits.given]).toEqual([[OUT_OF_DESCRIPTORS | LOOK_AGAIN], 0]);
    expect(sent.map(creditsIn)).toEqual([0]);
    vi.advanceTimersByTime(1_000);
    expect(sent.length).toBeLessThanOrEqual(11);
    hasSpare = true;
    vi.advanceTimersByTime(1_000);
    expect([sent.at(-1), credits.given, vi.getTimerCount()]).toEqual([2, 2, 0]);
  });

  it('gives up when nobody is there any more', () => {
    answer = GONE;
    credits.give(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
