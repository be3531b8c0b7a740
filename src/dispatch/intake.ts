// The worker's side of dispatch: the contract that every intake keeps.

/**
 * Serves one connection. `done` is called once, maybe before this returns: when the answer is handed to
 * the kernel and the worker is free for another. The connection may still be closing then.
 */
export type ServeConnection<Connection> = (connection: Connection, done: () => void) => void;

/** Receives connections from the dispatcher and returns their credits. What a connection is, its maker says. */
export interface Intake<Connection> {
  /** Gives all credits; from now on connections come. */
  start(serve: ServeConnection<Connection>): void;
  /** Takes nothing more: what arrives from now on is left to other workers. */
  refuseAll(): void;
  /** Resolves when nothing is being served any more. */
  whenIdle(): Promise<void>;
}
