// Reaches into workers that do not respond: into the connection of the request that each is stuck in.

import type { SocketAddress } from '../../posix/socket-address.ts';
import type { Descriptor } from '../../posix/descriptor.ts';
import { PosixError } from '../../posix/errno.ts';
import { copyDescriptorOf } from '../../posix/process.ts';
import {
  isSending,
  localAddress,
  resetOnClose,
  sendOnce,
  shutdownWrite,
} from '../../posix/sockets.ts';
import type { RunningRequest } from '../activity.ts';
import type { ConstantAnswer } from '../constant-answers.ts';
import { ANSWER_503, ANSWER_504 } from '../constant-answers.ts';
import { REQUEST_GRACE_MS, type OverdueRequest } from '../dispatcher.ts';
import { whileHeldStill } from '../hold-still.ts';
import type { BoardLine } from './board-line.ts';

export interface StuckWorker {
  /** Absent for one that could not be started. */
  pid: number | undefined;
  /** The same object for as long as it lives. */
  line: BoardLine;
}

/** What came of it, and the connection, if it was answered: to be drained and closed. */
interface Answered {
  overdue: OverdueRequest;
  connection?: Descriptor;
}

/** Answers for workers that do not respond. */
export class StuckAnswers {
  readonly #origins: readonly SocketAddress[];
  #limitMs = Infinity;
  /** What was answered last, by process. */
  readonly #answered = new WeakMap<BoardLine, number>();
  /** Why it is impossible on this system, once that is known. */
  #forbidden: string | undefined;

  /**
   * @param origins - addresses of the listeners
   * @param requestTimeout - longest time that a request may take, milliseconds; absent: no limit
   */
  constructor(origins: readonly SocketAddress[], requestTimeout: number | undefined) {
    this.#origins = origins;
    this.change(requestTimeout);
  }

  /** Another limit holds, for requests that run as well. */
  change(requestTimeout: number | undefined): void {
    this.#limitMs = (requestTimeout ?? Infinity) + REQUEST_GRACE_MS;
  }

  /**
   * Answers 504 to the request that the worker runs, if that is over its time and its head is unsent, and
   * ends our side of the connection: what the worker sends afterwards goes nowhere.
   *
   * The worker is stopped meanwhile, so that it can neither answer at the same time nor close the connection
   * and open another one of the same number.
   */
  async answer(worker: StuckWorker): Promise<Answered | undefined> {
    if (worker.pid === undefined) return undefined;
    return whileHeldStill(worker.pid, () => this.#answerStopped(worker));
  }

  /**
   * Ends the request that a worker runs which is killed next: 503 where nothing was sent. Of a connection that
   * it is sending on its end makes a reset, where that is one of TCP: a response without a length would look
   * whole otherwise.
   *
   * @returns the connection, if it was answered: to be drained and closed
   */
  async end(worker: StuckWorker): Promise<Descriptor | undefined> {
    if (worker.pid === undefined) return undefined;
    return whileHeldStill(worker.pid, () => this.#endStopped(worker));
  }

  #endStopped(worker: StuckWorker): Descriptor | undefined {
    const { request } = worker.line;
    const { sequence } = request;
    const current = request.read();
    if (current === undefined || this.#answered.get(worker.line) === sequence) return undefined;
    const connection = this.#copyConnection(worker, current);
    if (typeof connection === 'string') return undefined;
    if (current.headSent && isSending(connection.fd)) resetOnClose(connection.fd);
    if (!current.headSent && sendLastAnswer(connection, current, ANSWER_503)) return connection;
    connection.close();
    return undefined;
  }

  #answerStopped(worker: StuckWorker): Answered | undefined {
    const { request } = worker.line;
    const { sequence } = request;
    const current = request.read();
    if (current === undefined || this.#answered.get(worker.line) === sequence) return undefined;
    const ageMs = performance.now() - current.startedAt;
    if (ageMs < this.#limitMs) return undefined;
    const overdue = { request: current, ageMs };
    if (current.headSent) return { overdue: { ...overdue, answer: 'head-sent' } };
    this.#answered.set(worker.line, sequence);
    const connection = this.#copyConnection(worker, current);
    if (typeof connection === 'string') return impossible(overdue, connection);
    if (request.sequence === sequence && sendLastAnswer(connection, current, ANSWER_504)) {
      return { overdue: { ...overdue, answer: 'answered' }, connection };
    }
    connection.close();
    return impossible(overdue, 'the web server is gone');
  }

  /** @returns the copy, or why there is none */
  #copyConnection({ pid }: StuckWorker, { fd }: RunningRequest): Descriptor | string {
    if (this.#forbidden !== undefined) return this.#forbidden;
    if (fd < 0 || pid === undefined) return 'it is not known on which connection';
    const copy = copyDescriptorOf(pid, fd);
    if (copy instanceof PosixError) {
      if (copy.errno !== 'EPERM' && copy.errno !== 'ENOSYS') return copy.message;
      this.#forbidden = 'this system does not permit it';
      return `${this.#forbidden} (${copy.message})`;
    }
    if (isOneOf(this.#origins, localAddress(copy.fd))) return copy;
    copy.close();
    return 'its connection is closed';
  }
}

/** @returns false when nobody takes it any more */
function sendLastAnswer(
  { fd }: Descriptor,
  { method }: RunningRequest,
  { headOnly, whole }: ConstantAnswer,
): boolean {
  const document = method === 'HEAD' ? headOnly : whole;
  // Nothing was sent before: there is room for it.
  if (sendOnce(fd, document, document.length) !== document.length) return false;
  shutdownWrite(fd);
  return true;
}

/** A connection has the address of its listener, save for a host that stands for any. */
function isOneOf(origins: readonly SocketAddress[], address: SocketAddress | undefined): boolean {
  return origins.some((origin) =>
    origin.kind === 'tcp'
      ? address?.kind === 'tcp' && address.port === origin.port
      : address?.kind === 'unix' && address.path === origin.path,
  );
}

function impossible(overdue: Pick<OverdueRequest, 'request' | 'ageMs'>, reason: string): Answered {
  return { overdue: { ...overdue, answer: { impossible: reason } } };
}
