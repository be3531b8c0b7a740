// The connections that one worker was given: the master keeps a copy of each until it is finished.

import type { Socket } from 'node:net';
import type { WaitingConnection } from './waiting-queue.ts';

/** How far the answer of a connection is: `over` is whole or cut, `taken` is given by the master. */
type AnswerState = 'unsent' | 'sending' | 'over' | 'taken';

/** What becomes of the connections of a dead worker. */
export interface Abandoned {
  /** How many it had begun. */
  lost: number;
  /** Those among them that are not answered: somebody else may do it. */
  unanswered: Socket[];
  /** Those whose answer was not over. */
  broken: Socket[];
  untouched: WaitingConnection[];
}

interface Handed extends WaitingConnection {
  readonly handedAt: number;
  begun: boolean;
  answer: AnswerState;
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
      answer: 'unsent',
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

  /** Its answer has come so far. */
  answered(id: number, state: AnswerState): void {
    const handed = this.#entries.get(id);
    if (handed !== undefined && handed.answer !== 'taken') handed.answer = state;
  }

  /** Connections that were passed `ageMs` ago or longer, begun, and of whose answer nothing has left. */
  unansweredFor(ageMs: number): { id: number; socket: Socket; ageMs: number }[] {
    const now = performance.now();
    return [...this.#entries].flatMap(([id, { socket, handedAt, begun, answer }]) => {
      const age = now - handedAt;
      return begun && answer === 'unsent' && age >= ageMs ? { id, socket, ageMs: age } : [];
    });
  }

  /** When the longest passed of all was; `undefined` when there is none. */
  get oldest(): number | undefined {
    const [first] = this.#entries.values();
    return first?.handedAt;
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
    if (handed.answer !== 'taken') handed.socket.destroy();
    return !handed.hasLeft;
  }

  /** The worker has closed its copy and goes on: ours would keep the connection open. */
  closeCopy(id: number): void {
    const handed = this.#entries.get(id);
    if (handed?.answer !== 'taken') handed?.socket.destroy();
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

  /** Closes our copies; the worker's live on. */
  letGo(): void {
    for (const { socket } of this.#entries.values()) socket.destroy();
    this.#entries.clear();
    this.#unbegun = 0;
  }

  /** The worker is dead: separates what it had begun, by how far it came, from what it had not. */
  abandon(): Abandoned {
    const all = [...this.#entries.values()];
    this.#entries.clear();
    this.#unbegun = 0;
    const begun = all.filter((handed) => handed.begun);
    const socketsOf = (state: AnswerState): Socket[] =>
      begun.filter(({ answer }) => answer === state).map(({ socket }) => socket);
    for (const socket of socketsOf('over')) socket.destroy();
    return {
      lost: begun.length,
      unanswered: socketsOf('unsent'),
      broken: socketsOf('sending'),
      untouched: all.filter((handed) => !handed.begun),
    };
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
