// A server's status as Prometheus reads it. Pure: a scrape costs a walk over figures that others have counted.
//
// prom-client keeps figures itself, one observation at a time; to hand it histograms that were counted
// elsewhere takes a collector that goes round its own types. What is left of it then is this.

import { TURN_AWAY_REASONS, WORKER_ENDS } from '../../counts/outcomes.ts';
import type { RequestTotals } from '../request-totals.ts';
import type { ServerStatus, WorkerStatus } from '../server-status.ts';
import type { Series } from './exposition.ts';
import { Exposition } from './exposition.ts';

const PHASES: readonly ServerStatus['phase'][] = ['serving', 'reloading', 'delaying', 'stopping'];
const STATES: readonly WorkerStatus['state'][] = ['booting', 'idle', 'busy', 'draining', 'killed'];

/** Returns the text of a scrape. */
export function metricsText(status: ServerStatus): string {
  const out = new Exposition();
  writeServer(out, status);
  writeConnections(out, status.totals);
  writeDurations(out, status);
  writeGenerations(out, status);
  writeQueues(out, status);
  writeWorkers(out, status);
  return out.text;
}

function writeServer(out: Exposition, status: ServerStatus): void {
  const { version, node, dispatch, startedAt, generation, phase, limits } = status;
  out
    .gauge('scgi_server_build_info', 'What runs: always 1.', [[{ version, node, dispatch }, 1]])
    .gauge('scgi_server_start_time_seconds', 'When the server was started, Unix time.', [
      [{}, startedAt / 1_000],
    ])
    .gauge('scgi_server_generation', 'Grows with each reload that succeeded.', [[{}, generation]])
    .gauge(
      'scgi_server_phase',
      'What the server is up to: 1 for the phase that it is in.',
      PHASES.map((name) => [{ phase: name }, name === phase ? 1 : 0]),
    )
    .gauge('scgi_server_workers_max', 'Most workers that there may be.', [[{}, limits.maxWorkers]])
    .gauge('scgi_server_worker_concurrency', 'Requests that a worker runs at once at most.', [
      [{}, limits.concurrency],
    ]);
}

function writeConnections(out: Exposition, totals: ServerStatus['totals']): void {
  out
    .counter(
      'scgi_server_connections_total',
      'Connections that workers began and that are over, by what became of them and by the class of the status sent.',
      totals.pairs.map(({ outcome, status, count }) => [{ outcome, status }, count]),
    )
    .counter(
      'scgi_server_connections_refused_total',
      'Connections that no worker began: answered 503 by the master, or closed.',
      TURN_AWAY_REASONS.map((reason) => [{ reason: dashed(reason) }, totals.refused[reason]]),
    )
    .counter(
      'scgi_server_errors_total',
      'Connections of the first kind that the server or its application did not answer as it should have.',
      [[{}, totals.errors]],
    )
    .counter('scgi_server_received_bytes_total', 'Bytes of request bodies that were read.', [
      [{}, totals.bytesIn],
    ])
    .counter('scgi_server_sent_bytes_total', 'Bytes of response bodies that were sent.', [
      [{}, totals.bytesOut],
    ]);
}

function writeDurations(out: Exposition, { totals }: ServerStatus): void {
  out
    .histogram(
      'scgi_server_request_duration_seconds',
      'From the hand-over of a connection to a worker to the end of its answer, by the class of the status sent.',
      byStatus(totals),
    )
    .histogram(
      'scgi_server_request_queue_seconds',
      'From the time in X-Request-Start of the web server to the hand-over, with --request-start.',
      [[{}, totals.queued]],
    )
    .histogram(
      'scgi_server_dispatch_wait_seconds',
      'How long the master held connections before it passed them on; not the time in the queue of the kernel.',
      [[{}, totals.waits]],
    );
}

/** Apart from the others: were old generations folded into one, its counters would jump at each reload. */
function writeGenerations(out: Exposition, { generations }: ServerStatus): void {
  out
    .counter(
      'scgi_server_generation_connections_total',
      'The connections of the last few generations of workers; older ones are in scgi_server_connections_total alone.',
      generations.flatMap(({ generation, statuses }) =>
        Object.entries(statuses)
          .filter(([, count]) => count > 0)
          .map(([status, count]): Series => [{ generation, status }, count]),
      ),
    )
    .counter(
      'scgi_server_generation_errors_total',
      'Errors of the last few generations.',
      generations.map(({ generation, errors }) => [{ generation }, errors]),
    )
    .histogram(
      'scgi_server_generation_request_duration_seconds',
      'Durations of requests of the last few generations.',
      generations.map(({ generation, durations }) => [{ generation }, durations]),
    );
}

function writeQueues(out: Exposition, { listeners, waiting }: ServerStatus): void {
  const known = (of: 'backlog' | 'limit'): Series[] =>
    listeners.flatMap((one) => {
      const value = one[of];
      return value === null ? [] : [[{ listener: one.address }, value] as const];
    });
  out
    .gauge(
      'scgi_server_backlog_connections',
      'Connections that wait in the queue of the kernel.',
      known('backlog'),
    )
    .gauge('scgi_server_backlog_limit', 'Most that the queue holds.', known('limit'))
    .gauge('scgi_server_waiting_connections', 'Connections that wait in the master.', [
      [{}, waiting],
    ]);
}

function writeWorkers(out: Exposition, { workers, lives }: ServerStatus): void {
  const running = workers.reduce((sum, worker) => sum + worker.running, 0);
  const perWorker = (value: (worker: WorkerStatus) => number | null): Series[] =>
    workers.flatMap((worker) => {
      const number = value(worker);
      return number === null ? [] : [[{ slot: worker.slot }, number] as const];
    });
  out
    .gauge(
      'scgi_server_workers',
      'Workers by what they are up to.',
      STATES.map((state) => [{ state }, workers.filter((one) => one.state === state).length]),
    )
    .gauge('scgi_server_running_requests', 'Requests that run.', [[{}, running]])
    .gauge(
      'scgi_server_worker_memory_bytes',
      'Resident size of each worker.',
      perWorker(({ memory }) => memory),
    )
    .gauge(
      'scgi_server_worker_request_age_seconds',
      'Age of the oldest request that each busy worker runs.',
      perWorker(({ current }) => (current === null ? null : current.ageMs / 1_000)),
    )
    .counter(
      'scgi_server_worker_ends_total',
      'Workers that are gone, by the reason.',
      WORKER_ENDS.map((reason) => [{ reason }, lives.ended[reason]]),
    )
    .histogram(
      'scgi_server_worker_boot_seconds',
      'How long workers took to boot that became ready.',
      [[{}, lives.boots]],
    )
    .counter('scgi_server_reloads_total', 'Reloads that are over.', [
      [{ result: 'done' }, lives.reloads.done],
      [{ result: 'failed' }, lives.reloads.failed],
    ]);
}

function byStatus({
  durationsByStatus,
}: RequestTotals): (readonly [{ status: string }, RequestTotals['durations']])[] {
  return Object.entries(durationsByStatus).map(([status, histogram]) => [{ status }, histogram]);
}

/** `queueTimeout`: `queue-timeout` */
function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
