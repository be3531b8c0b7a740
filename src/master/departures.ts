// The ways in which workers leave: asked to finish, told to quit, or killed.

import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { Logger } from '../ops/logger.ts';
import type { Submit } from './command.ts';
import { describeLate } from './describe-late.ts';
import type { WorkerHandle } from './worker-handle.ts';

export interface DepartureParts {
  dispatcher: Dispatcher;
  log: Logger;
  submit: Submit;
}

/** Between the order to quit and SIGKILL, milliseconds: Ctrl-C is over within two seconds. */
const QUIT_TIMEOUT_MS = 1_500;
/** After SIGKILL the end of a process is a matter of moments, unless it hangs in the kernel. Milliseconds. */
const DIES_WITHIN_MS = 2_000;

export class Departures {
  readonly #parts: DepartureParts;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
  }

  /** Lets the worker finish, within its graceful timeout. Resolves when it gets nothing more. */
  async drain(worker: WorkerHandle, reason: string): Promise<void> {
    // What it has said may be read when it is gone, and its slot another's.
    if (worker.state === 'exited') return;
    if (worker.state === 'draining' || worker.state === 'killed') return;
    worker.reason ??= reason;
    worker.apply('drain');
    // The worker itself answers what is left when its time is over; this is for one that cannot.
    this.expectWithin(worker, worker.gracefulTimeout + QUIT_TIMEOUT_MS);
    const { dispatcher } = this.#parts;
    const isIdle = dispatcher.load(worker.slot)?.running === 0;
    if (!isIdle) worker.leavesBy = performance.now() + worker.gracefulTimeout;
    await dispatcher.withdraw(worker.slot);
    // Ordered behind all that was passed: it has everything when it hears this.
    worker.send({ type: 'drain', reason });
  }

  /** It has served for long enough; the pool sees to its replacement. */
  wear(worker: WorkerHandle, { reason, isResting }: { reason: string; isResting: boolean }): void {
    if (worker.state !== 'ready') return;
    // Its own reason stands when an order is given up.
    const isKnown = worker.worn !== undefined && worker.worn.isOrdered !== true;
    if (isKnown && !isResting) return;
    worker.worn = { reason, isResting };
    const until = isResting ? ', and takes no requests until then' : '';
    this.#parts.log.info(`worker ${worker.slot} is to be replaced${until}: ${reason}`);
    if (isResting) void this.#parts.dispatcher.withdraw(worker.slot);
  }

  /** Ends the worker now: what runs is answered 503, and if it does not leave then it is killed. */
  quit(worker: WorkerHandle, reason: string): void {
    worker.reason ??= reason;
    worker.leavesBy = 0;
    void this.#parts.dispatcher.withdraw(worker.slot);
    if (worker.state !== 'killed') worker.apply('drain');
    worker.send({ type: 'quit', reason });
    this.expectWithin(worker, QUIT_TIMEOUT_MS);
  }

  /** Ends one that is not known to have served. If it has, it may finish: credits come before the word of a boot. */
  async discard(worker: WorkerHandle, reason: string): Promise<void> {
    await this.drain(worker, reason);
    // Its slot may be another's by now.
    if (worker.state !== 'draining') return;
    const { running = 0, served = 0 } = this.#parts.dispatcher.load(worker.slot) ?? {};
    if (running + served === 0) this.kill(worker);
  }

  kill(worker: WorkerHandle): void {
    if (worker.state === 'exited' || worker.state === 'killed') return;
    worker.kill();
    this.expectWithin(worker, DIES_WITHIN_MS);
  }

  /** The worker's time for booting, leaving or dying is over. */
  overdue(worker: WorkerHandle, timeoutMs: number): void {
    if (worker.state === 'exited') return;
    if (worker.state === 'killed') return this.#lose(worker, timeoutMs);
    const { dispatcher, log } = this.#parts;
    const { current } = dispatcher.activity(worker.slot) ?? {};
    const { gracefulTimeout } = worker;
    const times = { timeoutMs, gracefulTimeout, now: performance.now() };
    const message = describeLate(worker, current, times);
    log.error(message, { request: current?.id });
    if (worker.state === 'booting') worker.lateness = message;
    // Whatever comes of its answers.
    const end = (): void => this.kill(worker);
    // Stays 'booting', so that its end counts as a failed boot.
    if (worker.state === 'booting') worker.process.kill('SIGKILL');
    else void dispatcher.endAnswers(worker.slot).then(end, end);
  }

  #lose(worker: WorkerHandle, timeoutMs: number): void {
    const { slot, pid } = worker;
    worker.isLost = true;
    this.#parts.log.error(
      `worker ${slot} (pid ${pid}) was killed ${timeoutMs} ms ago and is still there: it hangs in the kernel; ` +
        'look at the disks and network file systems that it uses. The pool goes on without it',
    );
  }

  /** Has the master told when the worker has not done within `timeoutMs` what is expected of it. */
  expectWithin(worker: WorkerHandle, timeoutMs: number): void {
    worker.expect(timeoutMs, () => {
      this.#parts.submit({ type: 'worker-overdue', worker, timeoutMs });
    });
  }
}
