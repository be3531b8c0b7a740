// Reaches into a worker that does not respond: into the connection of the request that it is stuck in.

import type { SocketAddress } from '../../posix/socket-address.ts';
import { Descriptor } from '../../posix/descriptor.ts';
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
import { ANSWER_504 } from '../constant-answers.ts';
import type { OverdueRequest } from '../dispatcher.ts';
import { whileHeldStill } from '../hold-still.ts';
import type { BoardLine } from './board-line.ts';

/** A worker and where its connections come from. */
export interface StuckWorker {
  pid: number;
  line: BoardLine;
  /** Addresses of the listeners. */
  origins: readonly SocketAddress[];
}

/** What came of it, and the connection, if it was answered: to be drained and closed. */
interface Answered {
  overdue: OverdueRequest;
  connection?: Descriptor;
}

/**
 * Answers 504 to the request that the worker runs, if that has run for `limitMs` and its head is unsent, and
 * ends our side of the connection: what the worker sends afterwards goes nowhere.
 *
 * The worker is stopped meanwhile, so that it can neither answer at the same time nor close the connection
 * and open another one of the same number.
 */
export async function answerStuck(
  worker: StuckWorker,
  limitMs: number,
): Promise<Answered | undefined> {
  return whileHeldStill(worker.pid, () => {
    const { line } = worker;
    const { sequence } = line.request;
    const current = line.request.read();
    if (current === undefined) return undefined;
    const ageMs = performance.now() - current.startedAt;
    if (ageMs < limitMs) return undefined;
    const overdue = { request: current, ageMs };
    if (current.headSent) return { overdue: { ...overdue, answer: 'head-sent' } };
    const connection = copyConnection(worker, current);
    if (typeof connection === 'string') return impossible(overdue, connection);
    const { whole, headOnly } = ANSWER_504;
    const isSame = line.request.sequence === sequence;
    const document = current.method === 'HEAD' ? headOnly : whole;
    if (isSame && sendOnce(connection.fd, document, document.length) === document.length) {
      shutdownWrite(connection.fd);
      return { overdue: { ...overdue, answer: 'answered' }, connection };
    }
    connection.close();
    return impossible(overdue, 'the web server is gone');
  });
}

/**
 * Makes the end of the worker a reset of the connection that it is sending on, where that is one of TCP: a
 * response without a length would look whole otherwise.
 */
export function breakAnswer(worker: StuckWorker): void {
  const current = worker.line.request.read();
  if (current?.headSent !== true) return;
  const connection = copyConnection(worker, current);
  if (typeof connection === 'string') return;
  if (isSending(connection.fd)) resetOnClose(connection.fd);
  connection.close();
}

/** @returns the copy, or why there is none */
function copyConnection(
  { pid, origins }: StuckWorker,
  { fd }: RunningRequest,
): Descriptor | string {
  if (fd < 0) return 'it is not known on which connection';
  const copy = copyDescriptorOf(pid, fd);
  if (copy instanceof PosixError) {
    const isForbidden = copy.errno === 'EPERM' || copy.errno === 'ENOSYS';
    return isForbidden ? `this system does not permit it (${copy.message})` : copy.message;
  }
  if (isOneOf(origins, localAddress(copy.fd))) return copy;
  copy.close();
  return 'its connection is closed';
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
