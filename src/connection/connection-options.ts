// What a connection is served with: its own bytes, and what all connections of a worker have in common.

import type { ConnectionHandler, Environment } from '../gateway/handler.ts';
import type { AdmissionRules } from './admission.ts';
import type { ExchangeOptions } from './exchange.ts';
import type { HeadLimits } from './head-reader.ts';
import type { OpenConnections } from './open-connections.ts';
import type { Outcome } from './outcome.ts';
import type { IdentityOptions } from './request-identity.ts';
import type { RequestObserver } from './request-observer.ts';
import type { Transport } from './transport.ts';

/** What a worker's connections have in common. */
export interface ConnectionOptions
  extends HeadLimits, AdmissionRules, ExchangeOptions, IdentityOptions {
  handler: ConnectionHandler;
  /**
   * Told of every connection once: when it is answered and its handler done, or, if it failed, as soon as it is
   * answered. Must not throw.
   */
  report(outcome: Outcome): void;
  /** Told of every request, by its name in the log, when it is answered and its handler done. */
  over?: ((request: string) => void) | undefined;
  /** Told of a request whose handler goes on long after its time was over; it keeps its place until it is done. */
  stuck(title: string): void;
  /** Tells how long a request had waited when its connection was handed over, where that is known. */
  queuedMs?: ((env: Environment, startedAt: number) => number | undefined) | undefined;
  /** Told of requests that run. */
  observer?: RequestObserver | undefined;
  /** Where the connection is found while it is not answered. */
  open: OpenConnections;
}

/** A connection to serve. */
export interface Arrived {
  transport: Transport;
  /** Its first bytes, if they are here, in memory that is used again: what is needed later is copied. */
  arrived?: Buffer | undefined;
}
