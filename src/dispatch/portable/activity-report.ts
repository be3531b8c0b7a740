// What a portable worker does: the request that runs, told to its master at most once a second as long as it
// changes, and what became of each connection, told with its end.

import type { CountedEnd } from '../../counts/request-counts.ts';
import type { EndRecord, RequestRecord } from '../../ipc/messages.ts';
import type { WorkerChannel } from '../../ipc/worker-channel.ts';
import type { ActivityLine, RunningRequest } from '../activity.ts';
import { cut, ID_ROOM, METHOD_ROOM, URI_ROOM } from '../activity.ts';
import { toMonotonic } from '../monotonic.ts';

const REPORT_EVERY_MS = 1_000;

export class ActivityReport implements ActivityLine {
  readonly #channel: WorkerChannel;
  #bootMs = 0;
  /** Connections that are over, and not told yet. */
  #ends: EndRecord[] = [];
  #shown: RunningRequest | undefined;
  /** The master takes the shown request for one that runs. */
  #isShownReported = false;
  /** The last report is less than a second old. */
  #isResting = false;
  /** Something has changed since. */
  #isDue = false;

  constructor(channel: WorkerChannel) {
    this.#channel = channel;
  }

  booted(bootMs: number): void {
    this.#bootMs = bootMs;
    this.#report();
  }

  show(request: RunningRequest): void {
    this.#shown = request;
    this.#changed();
  }

  headSent(): void {
    this.#changed();
  }

  clear(): void {
    this.#shown = undefined;
    // Told at once, at most once for each report: a later death must not be blamed on this request.
    if (this.#isShownReported) this.#report();
    else this.#changed();
  }

  count(kind: number, end: CountedEnd): void {
    // Nearly always its connection is finished in this very run, and takes it along.
    if (this.#ends.push(toEndRecord(kind, end)) === 1) queueMicrotask(this.#tellEnds);
  }

  readonly #tellEnds = (): void => {
    const ends = this.takeEnds();
    if (ends.length > 0) this.#channel.send({ type: 'counted', ends });
  };

  /** What was counted since this was last asked: it travels with the message that a connection is finished. */
  takeEnds(): EndRecord[] {
    const ends = this.#ends;
    this.#ends = [];
    return ends;
  }

  /**
   * The first change in a second is told at once: a handler that blocks its worker lets no timer run,
   * and its request is the one that the master will want to know.
   */
  #changed(): void {
    this.#isDue = true;
    if (this.#isResting) return;
    this.#report();
    this.#isResting = true;
    setTimeout(() => {
      this.#isResting = false;
      if (this.#isDue) this.#changed();
    }, REPORT_EVERY_MS).unref();
  }

  #report(): void {
    this.#isDue = false;
    this.#isShownReported = this.#shown !== undefined;
    this.#channel.send({
      type: 'activity',
      bootMs: this.#bootMs,
      current: this.#shown && toRecord(this.#shown),
    });
  }
}

/** Microseconds are exact enough, and shorter to write. */
function toEndRecord(
  kind: number,
  { durationMs, bytesIn, bytesOut, queuedMs }: CountedEnd,
): EndRecord {
  const record: EndRecord = [kind, rounded(durationMs), bytesIn, bytesOut];
  if (queuedMs !== undefined) record.push(rounded(queuedMs));
  return record;
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function toRecord({ method, uri, id, startedAt, headSent, fd }: RunningRequest): RequestRecord {
  return {
    method: cut(method, METHOD_ROOM),
    uri: cut(uri, URI_ROOM),
    id: id && cut(id, ID_ROOM),
    startedAt: toMonotonic(startedAt),
    headSent,
    fd,
  };
}
