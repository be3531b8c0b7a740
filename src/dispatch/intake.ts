// The worker's side of dispatch: the contract that every intake keeps.

import type { ActivityLine } from './activity.ts';

/** A connection's place among those that its worker serves at once. */
export interface Place {
  /** Leaves it to another connection, since there is nothing to serve yet. */
  leave(): void;
  /** Calls `start` when it has a place, which is at once unless it has left it and others are there. */
  resume(start: () => void): void;
  /** The first byte of its answer is about to leave: from now on nobody else could answer it. */
  answering(): void;
  /** Its answer is over, whole or cut; what goes on is no business of its peer's. */
  answered(): void;
  /**
   * Called once: the answer is handed to the kernel, and the worker is free for another connection.
   * This one may still be closing.
   */
  done(): void;
}

/** Serves one connection; it may be done with before this returns. */
export type ServeConnection<Connection> = (connection: Connection, place: Place) => void;

/** Receives connections from the dispatcher and returns their credits. What a connection is, its maker says. */
export interface Intake<Connection> {
  /** What the worker does is written here, for the master. */
  readonly activity: ActivityLine;
  /** Gives all credits; from now on connections come. */
  start(serve: ServeConnection<Connection>): void;
  /** Takes nothing more: what arrives from now on is left to other workers. */
  refuseAll(): void;
  /** Resolves when nothing is being served any more. */
  whenIdle(): Promise<void>;
}
