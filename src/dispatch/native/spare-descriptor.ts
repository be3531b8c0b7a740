// A descriptor that is kept so that a connection on its way here finds one free.

import type { Descriptor } from '../../posix/descriptor.ts';
import { duplicate } from '../../posix/descriptor.ts';

export class SpareDescriptor {
  readonly #of: Descriptor;
  #spare: Descriptor | undefined;

  /** @param of - what the spare one is a copy of; it does not matter what */
  constructor(of: Descriptor) {
    this.#of = of;
  }

  get isHeld(): boolean {
    return this.#spare !== undefined;
  }

  /** Makes sure that one is held. @returns false when none is left */
  reserve(): boolean {
    this.#spare ??= duplicate(this.#of);
    return this.#spare !== undefined;
  }

  release(): void {
    this.#spare?.close();
    this.#spare = undefined;
  }
}
