// How a connection ended, as a value: nothing here is an error to its caller.

import type { RequestIdentity } from './request-identity.ts';

/** Why a connection ended. */
export type OutcomeKind =
  /** The handler's answer was sent. */
  | 'answered'
  /** The server itself answered: `refusal` says why. */
  | 'refused'
  /** The handler threw or rejected. */
  | 'handler-failed'
  /** What the handler wrote is no CGI response. */
  | 'response-invalid'
  /** The handler announced more bytes than it wrote. */
  | 'response-short'
  /** The request is no SCGI request. */
  | 'malformed'
  /** A time limit passed; `phase` says which. */
  | 'timed-out'
  /** The peer hung up before it had its answer. */
  | 'aborted'
  /** The worker is stopping, or failed for a reason that is not this request's. */
  | 'stopped'
  /** The peer closed without a byte: a port probe, a health check. */
  | 'empty';

/** One connection, from its first byte to the end of its answer. */
export interface Outcome {
  kind: OutcomeKind;
  /** Milliseconds from the hand-over of the connection. */
  durationMs: number;
  /** Milliseconds before that, by the clock of the web server; absent when it does not say. */
  queuedMs: number | undefined;
  /** Address of the web server, where it has one. */
  peer: string | undefined;
  /** Absent when the header block was never complete. */
  request: RequestIdentity | undefined;
  /** Status sent; absent when nothing was. */
  status: number | undefined;
  /** Body bytes read. */
  bytesIn: number;
  /** Bytes of the answer's body. */
  bytesOut: number;
  /** The response was begun and then cut, so that the web server sees it truncated. */
  cut: boolean;
  phase: 'header' | 'body' | 'send' | 'request' | undefined;
  refusal: string | undefined;
  error: unknown;
  /** What is odd about the handler's response, though it was sent. */
  warnings: readonly string[];
}

/** The application has answered, and with nothing that it would call a failure of its own. */
export function isOrdinary({ kind, status = 0 }: Outcome): boolean {
  return kind === 'answered' && status < 500;
}

const NO_WARNINGS: readonly string[] = [];

/** An outcome of which nothing is known yet but how it came about; its owner fills in the rest. */
export function newOutcome(kind: OutcomeKind): Outcome {
  return {
    kind,
    durationMs: 0,
    queuedMs: undefined,
    peer: undefined,
    request: undefined,
    status: undefined,
    bytesIn: 0,
    bytesOut: 0,
    cut: false,
    phase: undefined,
    refusal: undefined,
    error: undefined,
    warnings: NO_WARNINGS,
  };
}
