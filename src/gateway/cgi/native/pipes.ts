// The pipes of one program while it is started: whatever fails, none stays open that nobody has taken.

import type { Descriptor } from '../../../posix/descriptor.ts';
import { createPipe } from '../../../posix/pipe.ts';

export class Pipes {
  readonly #ends: Descriptor[] = [];

  /**
   * Makes a pipe.
   *
   * @returns the program's end and ours, which the caller may take
   * @throws PosixError, such as EMFILE
   */
  open(subject: string, weRead: boolean): [theirs: Descriptor, ours: Descriptor] {
    const [reading, writing] = createPipe(subject);
    this.#ends.push(reading, writing);
    return weRead ? [writing, reading] : [reading, writing];
  }

  /** Closes what is left: the program has copies of its own. */
  close(): void {
    for (const end of this.#ends) if (end.isOpen) end.close();
  }
}
