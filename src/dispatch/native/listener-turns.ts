// Several listeners, each of which has its turn: none waits behind a busy one.

import { NOTHING } from '../../posix/answers.ts';
import type { Descriptor } from '../../posix/descriptor.ts';

export class ListenerTurns {
  readonly #listeners: readonly Descriptor[];
  readonly #accept: (listener: Descriptor) => number;
  #next = 0;

  constructor(listeners: readonly Descriptor[], accept: (listener: Descriptor) => number) {
    this.#listeners = listeners;
    this.#accept = accept;
  }

  /** Takes a connection from one of the listeners, or says what keeps it from that. */
  accept(): number {
    const count = this.#listeners.length;
    let answer = NOTHING;
    for (let i = 0; i < count; i++) {
      const listener = this.#listeners[(this.#next + i) % count];
      const fd = listener === undefined ? NOTHING : this.#accept(listener);
      if (fd < 0) {
        if (fd !== NOTHING) answer = fd;
        continue;
      }
      this.#next = (this.#next + i + 1) % count;
      return fd;
    }
    return answer;
  }
}
