// What is counted, measured and remembered while a server runs: the seam between who keeps these figures
// and the status that shows them.

import type { RequestTotals } from '../ops/request-totals.ts';
import type {
  ListenerStatus,
  Sample,
  ServerEvent,
  ServerRates,
  ServerStatus,
} from '../ops/server-status.ts';

export interface Figures {
  /** Looks at what the others cannot tell at once. Never fails. */
  refresh(): Promise<void>;
  /** Since the start of the server. */
  totals(): RequestTotals;
  /** Over the last seconds; `undefined` until there are any. */
  rates(): ServerRates | undefined;
  /** One a second, oldest first. */
  samples(): Sample[];
  /** Newest last. */
  events(): ServerEvent[];
  /** The queue of each listener. */
  listeners(): ListenerStatus[];
  /** Resident size of a process, bytes; `null`: not known. */
  memory(pid: number): number | null;
  /** A status as Prometheus text. */
  metrics(status: ServerStatus): string;
}

/** Figures of a server that keeps none: what is not known is absent, and counts are 0. */
export function noFigures(addresses: readonly string[]): Figures {
  return {
    refresh: () => Promise.resolve(),
    totals: () => ({
      outcomes: {
        answered: 0,
        refused: 0,
        'handler-failed': 0,
        'response-invalid': 0,
        'response-short': 0,
        malformed: 0,
        'timed-out': 0,
        aborted: 0,
        stopped: 0,
        empty: 0,
        killed: 0,
      },
      statuses: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 },
      bytesIn: 0,
      bytesOut: 0,
      durations: { bounds: [], counts: [0], sum: 0 },
      refused: { queueTimeout: 0, queueFull: 0, stranger: 0 },
    }),
    rates: () => undefined,
    samples: () => [],
    events: () => [],
    listeners: () => addresses.map((address) => ({ address, backlog: null, limit: null })),
    memory: () => null,
    metrics: ({ workers }) =>
      `# HELP scgi_server_workers Worker processes.\n# TYPE scgi_server_workers gauge\nscgi_server_workers ${workers.length}\n`,
  };
}
