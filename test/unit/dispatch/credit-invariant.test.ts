// Faults at random, on real channels: when they are over, every credit is back. Dispatcher's lines and
// workers' credits are the real ones, in one process.

import { expect, it, onTestFinished, vi } from 'vitest';
import { CreditReturn } from '../../../src/dispatch/native/credit-return.ts';
import { SpareDescriptor } from '../../../src/dispatch/native/spare-descriptor.ts';
import {
  EXHAUSTED,
  FULL,
  GONE,
  IN_FLIGHT_LIMIT,
  NOTHING,
  TRUNCATED,
} from '../../../src/posix/answers.ts';
import { Channel, createPair } from '../../../src/posix/channel.ts';
import { closeFd, type Descriptor } from '../../../src/posix/descriptor.ts';
import { SOCK_STREAM } from '../../../src/posix/sockets.ts';
import { type FakeWorker, LinesBench } from '../../helpers/fake-workers.ts';
import { describeKernel } from '../posix/real-kernel.ts';

const FAULTS = 100_000;
const STEPS_PER_ROUND = 500;
const WORKERS = 4;
const CONCURRENCY = 3;
const ALL_CREDITS = WORKERS * CONCURRENCY;

const faults = { areOn: false, count: 0 };
let state = 0;

/** 0 to `below` - 1, the same in each run. */
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

/** Makes a method fail now and then: `fail` says how, and calls the method itself if it has to. */
function breakNowAndThen(prototype: object, name: string, fail: (real: () => number) => unknown) {
  const method = Reflect.get(prototype, name) as () => number;
  Reflect.set(prototype, name, function broken(this: unknown, ...args: never[]): unknown {
    const real = (): number => Reflect.apply(method, this, args);
    if (!faults.areOn || random(4) > 0) return real();
    faults.count++;
    return fail(real);
  });
  onTestFinished(() => void Reflect.set(prototype, name, method));
}

function oneOf(...answers: number[]): number {
  return answers[random(answers.length)] ?? NOTHING;
}

/** As the kernel does when it finds no descriptor for it. */
function closeArriving(fd: number): number {
  if (fd < 0) return fd;
  closeFd(fd);
  return TRUNCATED;
}

/** What a worker does with its credits. */
class Serving {
  readonly far: FakeWorker;
  readonly credits: CreditReturn;
  running = 0;
  readonly #bench: LinesBench;
  readonly spare: SpareDescriptor;
  #taken = 0;
  #isDead = false;

  constructor(bench: LinesBench, slot: number, connection: Descriptor) {
    this.#bench = bench;
    this.far = bench.join(slot);
    const { channel } = this.far;
    this.spare = new SpareDescriptor(connection);
    // Its timers do not die with it here.
    const sendMessage = (message: number): number =>
      this.#isDead ? GONE : channel.sendMessage(message);
    const receive = (): number => channel.receive();
    this.credits = new CreditReturn({ sendMessage, receive } as Channel, this.spare);
    this.credits.give(CONCURRENCY);
  }

  /** The event loop turns: some requests end, others begin. */
  turn(ending: number): void {
    this.running -= ending;
    if (ending > 0) this.credits.give(ending);
    if (this.far.isRung() && !this.#takeAll() && this.credits.given > 0) this.credits.give(0);
  }

  die(): void {
    this.#isDead = true;
    this.#bench.kill(this.far);
  }

  #takeAll(): boolean {
    const before = this.#taken;
    for (let fd = this.credits.receive(); fd !== NOTHING; fd = this.credits.receive()) {
      this.#bench.board.setTaken(this.far.slot, ++this.#taken);
      this.running++;
      if (fd < 0) continue;
      // Some say nothing, and are sent back.
      if (random(5) === 0) this.far.channel.sendConnection(fd, 0);
      closeFd(fd);
    }
    return this.#taken > before;
  }
}

describeKernel('credits', () => {
  it(`are all back after ${FAULTS} faults (rule 7)`, { timeout: 60_000 }, () => {
    vi.useFakeTimers();
    const [connection, peer] = createPair(SOCK_STREAM, 'a connection');
    const bench = new LinesBench(WORKERS, CONCURRENCY);
    const spares: SpareDescriptor[] = [];
    const join = (slot: number): Serving => {
      const worker = new Serving(bench, slot, connection);
      spares.push(worker.spare);
      return worker;
    };
    const workers = Array.from({ length: WORKERS }, (_, slot) => join(slot));
    onTestFinished(() => {
      vi.useRealTimers();
      for (const worker of workers) worker.die();
      for (const spare of spares) spare.release();
      bench.close();
      for (const end of [connection, peer]) end.close();
    });
    breakNowAndThen(Channel.prototype, 'sendConnection', () =>
      oneOf(FULL, IN_FLIGHT_LIMIT, EXHAUSTED),
    );
    breakNowAndThen(Channel.prototype, 'sendMessage', () => oneOf(FULL, EXHAUSTED));
    breakNowAndThen(Channel.prototype, 'receive', (real) =>
      random(2) === 0 ? EXHAUSTED : closeArriving(real()),
    );
    breakNowAndThen(SpareDescriptor.prototype, 'reserve', () => false);
    const replace = (slot: number): void => {
      workers[slot]?.die();
      bench.hear();
      bench.lines.leave(slot);
      workers[slot] = join(slot);
    };
    const tick = (ms: number): void => {
      vi.advanceTimersByTime(ms);
      bench.hear();
      bench.lines.checkUnread(performance.now());
      bench.closeReturned();
    };

    while (faults.count < FAULTS) {
      faults.areOn = true;
      for (let i = 0; i < STEPS_PER_ROUND; i++) {
        for (let n = random(4); n > 0; n--) bench.lines.pass({ fd: connection.fd, since: 0 });
        // A worker that has no turn for long is a stopped one.
        const worker = workers[random(WORKERS)];
        worker?.turn(random(worker.running + 1));
        if (random(300) === 0) replace(random(WORKERS));
        tick(random(30));
      }
      faults.areOn = false;
      for (let i = 0; i < 5; i++) {
        for (const worker of workers) worker.turn(worker.running);
        tick(200);
      }
      const held = workers.reduce((sum, { credits }) => sum + credits.given, 0);
      expect([bench.lines.available, held]).toEqual([ALL_CREDITS, ALL_CREDITS]);
    }
  });
});
