// What a master is to its worker, for a worker without one: it hears how the worker fares, writes its log,
// and tells it to leave.

import { describeNotice } from '../dispatch/describe-notice.ts';
import type { DispatchNotice } from '../dispatch/dispatcher.ts';
import { causeOf } from '../ipc/error-record.ts';
import type { WorkerMessage } from '../ipc/messages.ts';
import type { MasterListener, WorkerChannel } from '../ipc/worker-channel.ts';
import { LogThrottle } from '../ops/log-throttle.ts';
import type { InetdLog } from './inetd-log.ts';

/** Where the worker's connections come from. */
export interface ConnectionSource {
  /** Takes no more of them. */
  close(): void;
  /** Turns away those that wait for their turn. */
  refuseWaiting(): void;
}

export class SoleMaster implements WorkerChannel {
  readonly unsent = 0;
  readonly #log: InetdLog;
  readonly #source: ConnectionSource;
  readonly #throttle = new LogThrottle();
  #listener: MasterListener = () => {};
  #isLeaving = false;

  constructor(log: InetdLog, source: ConnectionSource) {
    this.#log = log;
    this.#source = source;
  }

  send(message: WorkerMessage): void {
    if (message.type === 'log') this.#log.write(message.level, message.message, message.fields);
    else if (message.type === 'boot-failed') {
      this.#log.write('error', message.error.message, causeOf(message.error));
    } else if (message.type === 'leaving' || message.type === 'worn') {
      this.#log.write('warn', message.reason, {});
      this.leave(message.reason);
    }
  }

  onMessage(listener: MasterListener): void {
    this.#listener = listener;
  }

  onMasterGone(): void {}

  /** Tells of connections, as the master of a pool does. */
  tell(notice: DispatchNotice): void {
    this.#throttle.note(notice.type, (times) => {
      const { level, message } = describeNotice(notice, times);
      this.#log.write(level, message, {});
    });
  }

  /** Ends the process when all is told. */
  exit(code: number): void {
    this.#throttle.flush();
    this.#log.exit(code);
  }

  /** Has the worker finish what has been accepted, and exit. */
  leave(reason: string): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#source.close();
    this.#listener({ type: 'drain', reason });
  }

  /** Ends everything now: what runs or waits is answered 503. */
  quit(reason: string): void {
    this.#isLeaving = true;
    this.#source.close();
    this.#source.refuseWaiting();
    this.#listener({ type: 'quit', reason });
  }

  /** A signal: the first asks to leave, the second does not ask. */
  stop(signal: NodeJS.Signals): void {
    if (this.#isLeaving) this.quit(signal);
    else this.leave(signal);
  }
}
