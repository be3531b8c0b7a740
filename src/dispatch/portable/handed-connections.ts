// The connections that one worker was given: the master keeps a copy of each until it is finished.

import type { WaitingConnection } from './waiting-queue.ts';

interface Handed extends WaitingConnection {
  readonly handedAt: number;
  begun: boolean;
  hasLeft: boolean;
  asked: boolean;
}

/** What a worker holds, by the connection's id. */
export class HandedConnections {
  readonly #entries = new Map<number, Handed>();
  #unbegun = 0;
  #idleSince: number | undefined = performance.now();
  #served = 0;

  get running(): number {
    return this.#entries.size;
  }

  /** Connections whose arrival the worker has not confirmed yet. */
  get unbegun(): number {
    return this.#unbegun;
  }

  get served(): number {
    return this.#served;
  }

  get idleSince(): number | undefined {
    return this.#idleSince;
  }

  add(id: number, entry: WaitingConnection): void {
    const { socket, since } = entry;
    this.#entries.set(id, {
      socket,
      since,
      handedAt: performance.now(),
      begun: false,
      hasLeft: false,
      asked: false,
    });
    this.#unbegun++;
    this.#idleSince = undefined;
  }

  /** The worker has it. True unless that was known, or it has no such connection. */
  begin(id: number): boolean {
    const handed = this.#entries.get(id);
    if (handed === undefined || handed.begun) return false;
    handed.begun = true;
    this.#unbegun--;
    return true;
  }

  /** It leaves its place to another. True when its credit returns. */
  leave(id: number): boolean {
    const handed = this.#entries.get(id);
    if (handed === undefined || handed.hasLeft) return false;
    handed.hasLeft = true;
    return true;
  }

  /** The worker is done with it: our copy is closed. True when its credit returns. */
  finish(id: number): boolean {
    const handed = this.#remove(id);
    if (handed === undefined) return false;
    this.#served++;
    handed.socket.destroy();
    return !handed.hasLeft;
  }

  /** The worker has closed its copy and goes on: ours would keep the connection open. */
  closeCopy(id: number): void {
    this.#entries.get(id)?.socket.destroy();
  }

  /** It was passed a connection `ageMs` ago and does nothing at all: it is stopped, or stuck outside of a request. */
  isStuckFor(ageMs: number): boolean {
    if (this.#unbegun === 0 || this.#unbegun < this.#entries.size) return false;
    const limit = performance.now() - ageMs;
    for (const { handedAt } of this.#entries.values()) if (handedAt <= limit) return true;
    return false;
  }

  /** Takes back a connection that never reached the worker. */
  takeBack(id: number): WaitingConnection | undefined {
    return this.#remove(id);
  }

  /** Ids of connections that were passed `ageMs` ago and not begun; each is returned once. */
  overdue(ageMs: number): number[] {
    if (this.#unbegun === 0) return [];
    const limit = performance.now() - ageMs;
    const ids: number[] = [];
    for (const [id, handed] of this.#entries) {
      if (handed.begun || handed.asked || handed.handedAt > limit) continue;
      handed.asked = true;
      ids.push(id);
    }
    return ids;
  }

  /** The worker is dead: closes what it had begun, which is lost. @returns what it had not */
  abandon(): WaitingConnection[] {
    const untouched: WaitingConnection[] = [];
    for (const handed of this.#entries.values()) {
      if (handed.begun) handed.socket.destroy();
      else untouched.push(handed);
    }
    this.#entries.clear();
    this.#unbegun = 0;
    return untouched;
  }

  #remove(id: number): Handed | undefined {
    const handed = this.#entries.get(id);
    if (handed === undefined) return undefined;
    this.#entries.delete(id);
    if (!handed.begun) this.#unbegun--;
    if (this.#entries.size === 0) this.#idleSince = performance.now();
    return handed;
  }
}
