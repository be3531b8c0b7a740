// The intake of a worker that was given a listening socket: it takes what comes until nothing has come for
// a while. What it has not accepted then waits in the kernel for whoever serves the socket next.

import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { OpenSockets } from '../connection/open-sockets.ts';
import type { Arrived } from '../connection/connection-options.ts';
import { StreamTransport } from '../connection/stream-transport.ts';
import type { ActivityLine } from '../dispatch/activity.ts';
import type { DispatchNotice } from '../dispatch/dispatcher.ts';
import type { Intake, ServeConnection } from '../dispatch/intake.ts';
import { Places, TakenPlace } from '../dispatch/places.ts';
import { Refusals } from '../dispatch/refusals.ts';
import type { ConnectionSource } from './sole-master.ts';
import { UNSEEN } from './unseen.ts';

export interface ListeningOptions {
  /** The listening socket. */
  fd: number;
  /** Connections that are served at once. */
  concurrency: number;
  /** Most connections that wait for their turn. */
  maxQueue: number;
  /** Longest time without a connection, milliseconds. */
  idleExit: number;
}

export interface ListeningEvents {
  /** No connection has come for `idleExit`. */
  idle(): void;
  /** A connection was turned away. */
  notice(notice: DispatchNotice): void;
}

const nothing = (): void => {};
/** Nobody else could serve a connection, or has to know of it. */
const NOBODY = { left: nothing, resumed: nothing, answering: nothing, answered: nothing };

export class ListeningIntake implements Intake<Arrived>, ConnectionSource {
  readonly activity: ActivityLine = UNSEEN;
  readonly #options: ListeningOptions;
  readonly #open: OpenSockets;
  readonly #events: ListeningEvents;
  readonly #server: Server;
  /** Kept: none may listen while the handler is loaded, and that may never end. */
  readonly #listen: Server['listen'];
  readonly #places: Places;
  readonly #refusals = new Refusals();
  /** Accepted, and not begun. */
  readonly #waiting = new Set<Socket>();
  #running = 0;
  #isClosed = false;
  #clock: NodeJS.Timeout | undefined;
  #whenIdle: () => void = () => {};

  constructor(options: ListeningOptions, open: OpenSockets, events: ListeningEvents) {
    this.#options = options;
    this.#open = open;
    this.#events = events;
    this.#places = new Places(options.concurrency);
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    this.#listen = this.#server.listen.bind(this.#server);
  }

  start(serve: ServeConnection<Arrived>): void {
    // The process was told to leave while it booted.
    if (this.#isClosed) return;
    this.#server.on('connection', (socket) => this.#take(socket, serve));
    this.#listen({ fd: this.#options.fd });
    this.#startClock();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopClock();
    this.#server.close();
  }

  refuseWaiting(): void {
    for (const socket of this.#waiting) this.#refusals.refuse(socket);
    this.#waiting.clear();
    this.#tellIdle();
  }

  refuseAll(): void {
    this.close();
    this.refuseWaiting();
  }

  async whenIdle(): Promise<void> {
    if (this.#isIdle) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  get #isIdle(): boolean {
    return this.#running === 0 && this.#waiting.size === 0;
  }

  #take(socket: Socket, serve: ServeConnection<Arrived>): void {
    this.#stopClock();
    // A reset while it waits is nothing to us: whoever serves it will see it.
    socket.on('error', () => {});
    this.#waiting.add(socket);
    this.#places.takeInTurn(() => this.#begin(socket, serve));
    const { maxQueue } = this.#options;
    if (this.#waiting.size <= maxQueue) return;
    this.#waiting.delete(socket);
    this.#events.notice({ type: 'queue-full', limit: maxQueue });
    this.#refusals.refuse(socket);
  }

  #begin(socket: Socket, serve: ServeConnection<Arrived>): void {
    // Turned away meanwhile.
    if (!this.#waiting.delete(socket)) return this.#places.free();
    this.#running++;
    const owner = { ...NOBODY, done: () => this.#done() };
    const place = new TakenPlace(this.#places, owner);
    serve({ transport: new StreamTransport(socket, this.#open) }, place);
  }

  #done(): void {
    this.#running--;
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (!this.#isIdle) return;
    this.#startClock();
    this.#whenIdle();
  }

  #startClock(): void {
    if (!this.#server.listening) return;
    this.#clock = setTimeout(() => this.#events.idle(), this.#options.idleExit);
  }

  #stopClock(): void {
    clearTimeout(this.#clock);
  }
}
