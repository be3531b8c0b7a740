// Options: how long and how much a request may take.

import type { OptionRows } from '../option-row.ts';
import { duration, orOff, size, wholeNumber } from '../value-type.ts';

export interface LimitsConfig {
  /** Time for the whole header block to arrive, milliseconds. */
  readonly headerTimeout: number;
  /** Time without progress of the request's body, milliseconds. */
  readonly bodyTimeout: number;
  /** Time without progress of the peer's reading, milliseconds. */
  readonly sendTimeout: number;
  /** Longest time from the arrival of a request to the end of its answer, milliseconds; `undefined`: no limit. */
  readonly requestTimeout: number | undefined;
  /** Time that a connection may wait for a worker, milliseconds. */
  readonly queueTimeout: number;
  /** Connections that may wait for a worker, where they wait in the master (portable). */
  readonly maxQueue: number;
  /** Largest header block, bytes. */
  readonly maxHeaderSize: number;
  /** Largest body of a request, bytes; `undefined`: no limit. */
  readonly maxBodySize: number | undefined;
}

const MAX_QUEUE = 1_000_000;
const MIN_HEADER_SIZE = 1024;

export const LIMITS: OptionRows<LimitsConfig> = {
  headerTimeout: {
    valueName: 'TIME',
    type: duration(1),
    default: '5s',
    onReload: 'changes',
    description: 'time for the whole header block of a request',
  },
  bodyTimeout: {
    valueName: 'TIME',
    type: duration(1),
    default: '60s',
    onReload: 'changes',
    description: "time without progress of the request's body",
  },
  sendTimeout: {
    valueName: 'TIME',
    type: duration(1),
    default: '60s',
    onReload: 'changes',
    description: "time without progress of the web server's reading",
  },
  requestTimeout: {
    valueName: 'TIME',
    type: orOff(duration(1)),
    default: '300s',
    onReload: 'changes',
    description: 'time for a request as a whole; above: 504',
  },
  queueTimeout: {
    valueName: 'TIME',
    type: duration(1),
    default: '30s',
    onReload: 'changes',
    description: 'time that a connection waits for a worker before it gets 503',
  },
  maxQueue: {
    valueName: 'N',
    type: wholeNumber(0, MAX_QUEUE),
    default: '100',
    onReload: 'changes',
    description: 'portable: connections that wait for a worker; one more gets 503',
  },
  maxHeaderSize: {
    valueName: 'SIZE',
    type: size(MIN_HEADER_SIZE),
    default: '64k',
    onReload: 'changes',
    description: 'largest header block; above: 431',
  },
  maxBodySize: {
    valueName: 'SIZE',
    type: orOff(size(1)),
    default: 'off',
    onReload: 'changes',
    description: 'largest body of a request; above: 413',
  },
};
