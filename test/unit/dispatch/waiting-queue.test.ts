import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WaitingQueue } from '../../../src/dispatch/portable/waiting-queue.ts';

const entry = (since: number) => ({ socket: new Socket(), since });

describe('WaitingQueue', () => {
  it('returns connections in the order in which they came', () => {
    const queue = new WaitingQueue();
    for (const since of [1, 2, 3]) queue.push(entry(since));
    expect([queue.shift()?.since, queue.shift()?.since, queue.shift()?.since]).toEqual([1, 2, 3]);
    expect(queue.shift()).toBeUndefined();
  });

  it('puts connections that come back first in line', () => {
    const queue = new WaitingQueue();
    queue.push(entry(5));
    queue.push(entry(6));
    queue.shift();
    queue.putBack([entry(1), entry(2)]);
    expect(queue.oldest).toBe(1);
    expect([queue.shift()?.since, queue.shift()?.since, queue.shift()?.since]).toEqual([1, 2, 6]);
    expect(queue.oldest).toBeUndefined();
  });

  it('keeps its order and count through thousands of connections', () => {
    const queue = new WaitingQueue();
    for (let i = 0; i < 5_000; i++) queue.push(entry(i));
    for (let i = 0; i < 4_000; i++) expect(queue.shift()?.since).toBe(i);
    expect(queue.length).toBe(1_000);
    queue.push(entry(5_000));
    expect(queue.oldest).toBe(4_000);
    expect(queue.length).toBe(1_001);
  });
});
