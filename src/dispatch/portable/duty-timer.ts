// One timer for whatever is due first, and none when nothing is waited for.

export class DutyTimer {
  readonly #look: () => void;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;

  /** @param look - what there is to look after, when the time has come */
  constructor(look: () => void) {
    this.#look = look;
  }

  /** Has it looked in `delayMs` at the latest; `undefined`: nothing is due. */
  within(delayMs: number | undefined): void {
    if (delayMs === undefined) return;
    const due = performance.now() + delayMs;
    if (this.#timer !== undefined && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
