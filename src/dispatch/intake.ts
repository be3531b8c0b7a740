// The worker's side of dispatch: the contract that every intake keeps.

import type { Socket } from 'node:net';

/**
 * Serves one connection. Resolves, never rejects, when the answer is handed to the kernel and the
 * worker is free for another; the connection may still be closing then.
 */
export type ServeConnection = (socket: Socket) => Promise<void>;

/** Receives connections from the dispatcher and returns their credits. */
export interface Intake {
  /** Gives all credits; from now on connections come. */
  start(serve: ServeConnection): void;
  /** Takes nothing more: what arrives from now on is left to other workers. */
  refuseAll(): void;
  /** Resolves when nothing is being served any more. */
  whenIdle(): Promise<void>;
}
