// The credit ledger: who may be given a connection. Pure; it knows neither sockets nor processes.

interface Account {
  /** Most connections at once; grows with the credits a worker reports beyond it. */
  total: number;
  /** Credits here, at the dispatcher. */
  held: number;
  /** When the last credit arrived, as a counter: the highest is the most recently idle. */
  arrival: number;
  withdrawn: boolean;
}

/**
 * Keeps every worker's credits. A credit is either here (the worker may be passed a connection) or
 * out (the worker holds one for it); `take` and `give` move it.
 */
export class CreditLedger {
  readonly #accounts = new Map<number, Account>();
  #arrivals = 0;
  #available = 0;

  /** Credits at the dispatcher, over all workers. */
  get available(): number {
    return this.#available;
  }

  /** A worker has given credits that were not withdrawn: it takes connections, or will when it is free. */
  get isAnyReady(): boolean {
    for (const { arrival, withdrawn } of this.#accounts.values()) {
      if (arrival > 0 && !withdrawn) return true;
    }
    return false;
  }

  /** Opens an account for the worker in `slot`, which owns `total` credits, none of them here yet. */
  open(slot: number, total: number): void {
    this.#accounts.set(slot, { total, held: 0, arrival: 0, withdrawn: false });
  }

  /** Takes `count` credits in; ignored for a worker that is withdrawn or unknown, and above its total. */
  give(slot: number, count: number = 1): void {
    const account = this.#accounts.get(slot);
    if (account === undefined || account.withdrawn) return;
    const added = Math.min(count, account.total - account.held);
    account.held += added;
    account.arrival = ++this.#arrivals;
    this.#available += added;
  }

  /**
   * Takes one credit out, of the worker that runs least; among equals of the one idle most recently,
   * whose code and caches are warm.
   *
   * @returns the worker's slot, or `undefined` when no credit is here
   */
  take(): number | undefined {
    if (this.#available === 0) return undefined;
    let chosen: Account | undefined;
    let slot: number | undefined;
    for (const [candidate, account] of this.#accounts) {
      if (account.held === 0) continue;
      if (chosen === undefined || isBetter(account, chosen)) {
        chosen = account;
        slot = candidate;
      }
    }
    if (chosen !== undefined) {
      chosen.held--;
      this.#available--;
    }
    return slot;
  }

  /** Purges the worker's credits and refuses those that still come back: it is given nothing more. */
  withdraw(slot: number): void {
    const account = this.#accounts.get(slot);
    if (account === undefined) return;
    account.withdrawn = true;
    this.#available -= account.held;
    account.held = 0;
  }

  /** Whether the worker is given nothing more. */
  isWithdrawn(slot: number): boolean {
    return this.#accounts.get(slot)?.withdrawn === true;
  }

  /** Forgets the worker. */
  close(slot: number): void {
    this.withdraw(slot);
    this.#accounts.delete(slot);
  }

  /** How many of the worker's credits are here. */
  held(slot: number): number {
    return this.#accounts.get(slot)?.held ?? 0;
  }
}

function isBetter(candidate: Account, chosen: Account): boolean {
  const fewer = candidate.total - candidate.held - (chosen.total - chosen.held);
  return fewer === 0 ? candidate.arrival > chosen.arrival : fewer < 0;
}
