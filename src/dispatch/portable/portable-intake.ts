// The worker's side of the portable dispatcher: connections arrive as messages with a socket.

import type { Socket } from 'node:net';
import type { MasterMessage } from '../../ipc/messages.ts';
import type { WorkerChannel } from '../../ipc/worker-channel.ts';
import type { Intake, ServeConnection } from '../intake.ts';
import { Places, TakenPlace } from '../places.ts';
import { ActivityReport } from './activity-report.ts';

export class PortableIntake<Connection> implements Intake<Connection> {
  readonly activity: ActivityReport;
  readonly #channel: WorkerChannel;
  readonly #concurrency: number;
  readonly #toConnection: (socket: Socket) => Connection;
  readonly #places: Places;
  readonly #arrived = new Set<number>();
  #whenIdle: (() => void)[] = [];
  #isRefusing = false;

  /**
   * @param concurrency - credits of this worker
   * @param toConnection - what becomes of the socket of each connection
   */
  constructor(
    channel: WorkerChannel,
    concurrency: number,
    toConnection: (socket: Socket) => Connection,
  ) {
    this.#channel = channel;
    this.activity = new ActivityReport(channel);
    this.#concurrency = concurrency;
    this.#places = new Places(concurrency);
    this.#toConnection = toConnection;
  }

  start(serve: ServeConnection<Connection>): void {
    this.#channel.onMessage((message: MasterMessage, socket?: Socket) => {
      if (message.type === 'connection') this.#take(message.id, socket, serve);
      // Messages arrive in order, so a connection announced before this question would be here.
      else if (message.type === 'confirm' && !this.#arrived.has(message.id)) {
        this.#channel.send({ type: 'missing', id: message.id });
      }
    });
    this.#channel.send({ type: 'credit', count: this.#concurrency });
  }

  refuseAll(): void {
    this.#isRefusing = true;
  }

  async whenIdle(): Promise<void> {
    if (this.#arrived.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle.push(resolve);
      });
    }
  }

  #take(id: number, socket: Socket | undefined, serve: ServeConnection<Connection>): void {
    if (socket === undefined) {
      this.#channel.send({ type: 'missing', id });
      return;
    }
    if (this.#isRefusing) {
      // Our copy goes before the event loop could read from it; the master's lives.
      socket.destroy();
      this.#channel.send({ type: 'refused', id });
      return;
    }
    this.#arrived.add(id);
    // Said before a byte is read: from here on nobody else can serve it.
    this.#channel.send({ type: 'begun', id });
    // Does not travel with the socket; without it a peer that half-closes gets no answer.
    socket.allowHalfOpen = true;
    socket.once('close', () => {
      if (this.#arrived.has(id)) this.#channel.send({ type: 'closed', id });
    });
    const owner = {
      left: () => this.#channel.send({ type: 'left', id }),
      resumed: () => {},
      answering: () => this.#channel.send({ type: 'answering', id }),
      answered: () => this.#channel.send({ type: 'answered', id }),
      done: () => this.#finished(id),
    };
    const place = new TakenPlace(this.#places, owner);
    this.#places.takeInTurn(() => serve(this.#toConnection(socket), place));
  }

  #finished(id: number): void {
    this.#arrived.delete(id);
    this.#channel.send({ type: 'finished', id, ends: this.activity.takeEnds() });
    if (this.#arrived.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
