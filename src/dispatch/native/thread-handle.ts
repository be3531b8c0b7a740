// The main thread's object for the dispatch thread: gives it orders, and knows which answers are awaited.

import type { Worker } from 'node:worker_threads';
import type { Descriptor } from '../../posix/descriptor.ts';
import { createEvent, signalEvent } from '../../posix/process.ts';
import { startThread } from '../../start-thread.ts';
import type { Order, Report, ThreadSettings } from './orders.ts';

export interface ThreadEvents {
  /** Answers to what was asked are not among them. */
  reported(report: Report): void;
  failed(error: Error): void;
  /** Nothing comes of what is asked from now on. */
  ended(): void;
}

export class ThreadHandle {
  /** Wakes the thread. */
  readonly #event: Descriptor = createEvent("the dispatch thread's event");
  readonly #answers = new Map<string, () => void>();
  #thread: Worker | undefined;

  start(settings: Omit<ThreadSettings, 'event'>, events: ThreadEvents): void {
    const entry = new URL('./dispatch-thread', import.meta.url);
    const thread = startThread(entry, { ...settings, event: this.#event.fd });
    this.#thread = thread;
    thread.on('message', (report: Report) => events.reported(report));
    thread.on('error', (error: Error) => events.failed(error));
    thread.once('exit', () => {
      this.#thread = undefined;
      this.#event.close();
      events.ended();
      for (const answer of this.#answers.keys()) this.answered(answer);
    });
  }

  order(order: Order): void {
    if (this.#thread === undefined) return;
    this.#thread.postMessage(order);
    signalEvent(this.#event.fd);
  }

  /** Gives an order. Resolves when {@link answered} is told of this answer, or the thread is gone. */
  ask(order: Order, answer: string): Promise<void> {
    // Whoever waits for a thread that is gone would wait for ever.
    if (this.#thread === undefined) return Promise.resolve();
    const earlier = this.#answers.get(answer);
    const answered = new Promise<void>((resolve) => {
      this.#answers.set(answer, () => {
        earlier?.();
        resolve();
      });
    });
    this.order(order);
    return answered;
  }

  answered(answer: string): void {
    this.#answers.get(answer)?.();
    this.#answers.delete(answer);
  }
}
