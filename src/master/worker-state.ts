// What may become of a worker, as a table. Pure.

import type { WorkerEnd } from '../counts/outcomes.ts';
import { InternalError } from '../errors.ts';

/**
 * - `booting`: spawned, its handler is not loaded yet
 * - `ready`: takes connections
 * - `draining`: takes none any more, finishes what it has
 * - `killed`: SIGKILL was sent
 * - `exited`: its process is gone
 */
export type WorkerState = 'booting' | 'ready' | 'draining' | 'killed' | 'exited';

export type WorkerEvent = 'ready' | 'drain' | 'kill' | 'exit';

const TRANSITIONS: Record<WorkerState, Partial<Record<WorkerEvent, WorkerState>>> = {
  booting: { ready: 'ready', drain: 'draining', kill: 'killed', exit: 'exited' },
  ready: { drain: 'draining', kill: 'killed', exit: 'exited' },
  // It may have become ready while the order to drain was on its way.
  draining: { ready: 'draining', drain: 'draining', kill: 'killed', exit: 'exited' },
  killed: { ready: 'killed', drain: 'killed', kill: 'killed', exit: 'exited' },
  exited: { drain: 'exited', kill: 'exited' },
};

/** @throws {@link InternalError} when `event` cannot happen in `state` */
export function nextState(state: WorkerState, event: WorkerEvent): WorkerState {
  const next = TRANSITIONS[state][event];
  if (next === undefined) throw new InternalError(`a worker that is ${state} cannot ${event}`);
  return next;
}

/** Whether it takes connections, or will when it has booted. */
export function isLive(state: WorkerState): boolean {
  return state === 'booting' || state === 'ready';
}

/** Why a worker's process ended, seen from the state that it ended in. */
export type DeathKind = 'boot-failure' | 'crash' | 'expected';

export function deathKind(state: WorkerState): DeathKind {
  if (state === 'booting') return 'boot-failure';
  return state === 'ready' ? 'crash' : 'expected';
}

/** A worker as it was when its process ended. */
interface EndedWorker {
  state: WorkerState;
  generation: number;
  /** It had served for long enough. */
  worn?: object | undefined;
  /** It was killed since it did not respond. */
  wasStuck?: boolean;
}

/** Under which name the end of a worker is counted. @param present - the generation that serves */
export function workerEnd(
  kind: DeathKind,
  { state, generation, worn, wasStuck }: EndedWorker,
  present: number,
): WorkerEnd {
  // One that was only tried: what comes of it is the reload's.
  if (generation > present) return 'reload';
  if (wasStuck === true) return 'killed';
  if (kind !== 'expected') return kind;
  if (state === 'killed') return 'killed';
  if (generation < present) return 'reload';
  return worn === undefined ? 'retired' : 'recycled';
}
