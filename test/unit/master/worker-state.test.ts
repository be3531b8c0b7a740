import { describe, expect, it } from 'vitest';
import { InternalError } from '../../../src/errors.ts';
import type { WorkerEvent, WorkerState } from '../../../src/master/worker-state.ts';
import { deathKind, nextState, workerEnd } from '../../../src/master/worker-state.ts';

const EVENTS: WorkerEvent[] = ['ready', 'drain', 'kill', 'exit'];

describe('worker state', () => {
  it.each<[WorkerState, (WorkerState | 'illegal')[]]>([
    ['booting', ['ready', 'draining', 'killed', 'exited']],
    ['ready', ['illegal', 'draining', 'killed', 'exited']],
    ['draining', ['draining', 'draining', 'killed', 'exited']],
    ['killed', ['killed', 'killed', 'killed', 'exited']],
    ['exited', ['illegal', 'exited', 'exited', 'illegal']],
  ])('from %s only what the table allows', (state, expected) => {
    const reached = EVENTS.map((event) => {
      try {
        return nextState(state, event);
      } catch (error) {
        expect(error).toBeInstanceOf(InternalError);
        return 'illegal';
      }
    });
    expect(reached).toEqual(expected);
  });

  it('tells a failed boot, a crash and a deliberate end apart', () => {
    expect(deathKind('booting')).toBe('boot-failure');
    expect(deathKind('ready')).toBe('crash');
    expect(deathKind('draining')).toBe('expected');
    expect(deathKind('killed')).toBe('expected');
  });
});

describe('the end of a worker', () => {
  it.each([
    ['crash', 'crash', 'ready', 1, undefined],
    ['boot-failure', 'boot-failure', 'booting', 1, undefined],
    ['killed', 'expected', 'killed', 1, undefined],
    ['killed', 'expected', 'killed', 0, undefined],
    ['reload', 'expected', 'draining', 0, undefined],
    ['reload', 'expected', 'killed', 2, undefined],
    ['reload', 'boot-failure', 'booting', 2, undefined],
    ['recycled', 'expected', 'draining', 1, { reason: '--max-requests' }],
    ['retired', 'expected', 'draining', 1, undefined],
  ] as const)('is %s', (expected, kind, state, generation, worn) => {
    expect(workerEnd(kind, { state, generation, worn }, 1)).toBe(expected);
  });

  it.each([
    ['crash', 'ready'],
    ['expected', 'draining'],
  ] as const)('is our doing, not a %s, when it was stuck', (kind, state) => {
    expect(workerEnd(kind, { state, generation: 1, wasStuck: true }, 1)).toBe('killed');
  });
});
