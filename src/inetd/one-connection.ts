// The intake of a worker that was started for one connection.

import type { Arrived } from '../connection/connection-options.ts';
import type { ActivityLine } from '../dispatch/activity.ts';
import type { Intake, ServeConnection } from '../dispatch/intake.ts';
import type { ConnectionSource } from './sole-master.ts';
import { UNSEEN } from './unseen.ts';

export class OneConnection implements Intake<Arrived>, ConnectionSource {
  readonly activity: ActivityLine = UNSEEN;
  readonly #arrive: () => Arrived;
  readonly #served: () => void;
  #isServed = false;
  #whenIdle: () => void = () => {};

  /**
   * @param arrive - called once there is somebody to serve it
   * @param served - told when nothing is left to do
   */
  constructor(arrive: () => Arrived, served: () => void) {
    this.#arrive = arrive;
    this.#served = served;
  }

  start(serve: ServeConnection<Arrived>): void {
    serve(this.#arrive(), {
      leave: () => {},
      resume: (start) => start(),
      answering: () => {},
      answered: () => {},
      done: () => this.#done(),
    });
  }

  refuseAll(): void {}

  close(): void {}

  refuseWaiting(): void {}

  async whenIdle(): Promise<void> {
    if (this.#isServed) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  #done(): void {
    this.#isServed = true;
    this.#served();
    this.#whenIdle();
  }
}
