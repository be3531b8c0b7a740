import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { LOOK_AGAIN, OUT_OF_DESCRIPTORS } from '../../../src/dispatch/native/credit-message.ts';
import {
  EXHAUSTED,
  FULL,
  IN_FLIGHT_LIMIT,
  NOTHING,
  TRUNCATED,
} from '../../../src/posix/answers.ts';
import { Channel, createPair } from '../../../src/posix/channel.ts';
import { closeFd, type Descriptor } from '../../../src/posix/descriptor.ts';
import { SOCK_STREAM } from '../../../src/posix/sockets.ts';
import { LinesBench } from '../../helpers/fake-workers.ts';
import { describeKernel } from '../posix/real-kernel.ts';

/** Longer than anything may stay unread, milliseconds from now. */
const later = (): number => performance.now() + 1_000;

describeKernel('the lines to workers', () => {
  let bench: LinesBench;
  let connection: Descriptor;
  const use = (concurrency: number): LinesBench => {
    bench = new LinesBench(4, concurrency);
    return bench;
  };

  beforeEach(() => {
    const [near, far] = createPair(SOCK_STREAM, 'a connection');
    connection = near;
    onTestFinished(() => {
      vi.restoreAllMocks();
      bench.close();
      near.close();
      far.close();
    });
  });

  it('has the listeners looked at anew at the first credit of a worker, and at that alone (rule 2)', () => {
    const worker = use(2).join(0);
    worker.channel.sendMessage(1);
    bench.hear();
    expect([bench.lines.available, bench.told.lookAgain]).toEqual([1, 1]);
    worker.channel.sendMessage(1);
    bench.hear();
    expect([bench.lines.available, bench.told.lookAgain]).toEqual([2, 1]);
  });

  it('has them looked at anew when a worker was woken and took nothing (rule 1)', () => {
    const worker = use(1).join(0);
    worker.channel.sendMessage(1);
    bench.hear();
    bench.lines.pass({ fd: connection.fd, since: 0 });
    const before = bench.told.lookAgain;
    worker.channel.sendMessage(1 | LOOK_AGAIN);
    bench.hear();
    expect([bench.lines.available, bench.told.lookAgain]).toEqual([1, before + 1]);
  });

  it('has them looked at anew when a worker dies (rule 1)', () => {
    const worker = use(1).join(0);
    worker.channel.sendMessage(1);
    bench.hear();
    const before = bench.told.lookAgain;
    bench.kill(worker);
    bench.hear();
    expect(bench.told.lookAgain).toBe(before + 1);
  });

  it('sees a death by itself: credits go, unread ones too, and its connections come back (rule 8)', () => {
    const [dying, other] = [use(2).join(0), bench.join(1)];
    other.channel.sendMessage(1);
    bench.hear();
    dying.channel.sendMessage(1);
    bench.hear();
    expect(bench.lines.pass({ fd: connection.fd, since: 0 })).toBe(true);
    dying.channel.sendMessage(1);
    dying.channel.sendConnection(connection.fd, 0);
    bench.kill(dying);
    bench.hear();
    expect(bench.lines.available).toBe(1);
    // Passed to it or sent back by it: each is somebody's answer.
    expect([bench.told.recovered.flat().length, bench.told.silent.length]).toEqual([1, 1]);
    expect(bench.lines.leave(0)).toBe(1);
    expect(bench.lines.pass({ fd: connection.fd, since: 0 })).toBe(true);
    expect(bench.lines.pass({ fd: connection.fd, since: 0 })).toBe(false);
    closeFd(other.take());
  });

  it.each([
    ['its channel is full', FULL],
    ['too many descriptors are in flight', IN_FLIGHT_LIMIT],
    ['the kernel has no memory', EXHAUSTED],
  ])('keeps a connection, and chooses another worker, when %s (rules 5, 7)', (_, answer) => {
    const [other, full] = [use(1).join(0), bench.join(1)];
    for (const { channel } of [other, full]) channel.sendMessage(1);
    bench.hear();
    vi.spyOn(Channel.prototype, 'sendConnection').mockImplementationOnce(() => answer);
    expect(bench.lines.pass({ fd: connection.fd, since: 0 })).toBe(true);
    const [taken] = [other, full].map((worker) => worker.take()).filter((fd) => fd >= 0);
    closeFd(taken ?? NOTHING);
    expect(bench.lines.available).toBe(0);
  });

  it('gets a credit back that it could not use, although its worker sleeps (rule 7)', () => {
    const worker = use(1).join(0);
    worker.channel.sendMessage(1);
    bench.hear();
    vi.spyOn(Channel.prototype, 'sendConnection').mockImplementationOnce(() => IN_FLIGHT_LIMIT);
    expect(bench.lines.pass({ fd: connection.fd, since: 0 })).toBe(false);
    expect(worker.isRung()).toBe(false);
    bench.lines.checkUnread(later());
    expect(worker.isRung()).toBe(true);
    worker.channel.sendMessage(0);
    bench.hear();
    expect(bench.lines.pass({ fd: connection.fd, since: 0 })).toBe(true);
  });

  it('takes back what a worker does not come for, and its credit when it does (rule 5)', () => {
    const worker = use(1).join(0);
    worker.channel.sendMessage(1);
    bench.hear();
    const before = performance.now();
    bench.lines.pass({ fd: connection.fd, since: 0 });
    expect(worker.isRung()).toBe(true);
    bench.lines.checkUnread(before);
    expect(bench.told.recovered).toEqual([]);
    bench.lines.checkUnread(later());
    expect(bench.told.recovered.flat().length).toBe(1);
    expect([bench.board.underway(0), bench.lines.available]).toEqual([0, 0]);
    expect([bench.told.missed, bench.told.heard.splice(0)]).toEqual([[0], [0]]);
    worker.channel.sendMessage(0);
    bench.hear();
    expect(bench.lines.available).toBe(1);
    expect(bench.told.heard).toEqual([0]);
  });

  it('leaves to a worker what it comes for, however slowly (rule 5)', () => {
    const worker = use(2).join(0);
    worker.channel.sendMessage(2);
    bench.hear();
    bench.lines.pass({ fd: connection.fd, since: 0 });
    bench.lines.pass({ fd: connection.fd, since: 0 });
    closeFd(worker.take());
    bench.lines.checkUnread(later());
    expect(bench.told.recovered).toEqual([]);
    bench.lines.checkUnread(later() + 1_000);
    expect(bench.told.recovered.flat().length).toBe(1);
  });

  it('takes it back a little later when the kernel has no memory for that now (rule 7)', () => {
    const worker = use(1).join(0);
    worker.channel.sendMessage(1);
    bench.hear();
    bench.lines.pass({ fd: connection.fd, since: 0 });
    vi.spyOn(Channel.prototype, 'receive').mockImplementationOnce(() => EXHAUSTED);
    bench.lines.checkUnread(later());
    expect([bench.told.recovered.flat().length, bench.board.underway(0)]).toEqual([0, 1]);
    bench.lines.checkUnread(later() + 1_000);
    expect([bench.told.recovered.flat().length, bench.board.underway(0)]).toEqual([1, 0]);
    expect(bench.lines.due).toBe(undefined);
  });

  it('loses the connection alone, not its credit, when no descriptor is left to take it back (rule 7)', () => {
    const worker = use(1).join(0);
    worker.channel.sendMessage(1);
    bench.hear();
    bench.lines.pass({ fd: connection.fd, since: 0 });
    vi.spyOn(Channel.prototype, 'receive').mockImplementationOnce(() => {
      closeFd(worker.channel.receive());
      return TRUNCATED;
    });
    bench.lines.checkUnread(later());
    expect(bench.board.underway(0)).toBe(0);
    worker.channel.sendMessage(0);
    bench.hear();
    expect(bench.lines.available).toBe(1);
  });

  it('tells of a worker that has no descriptor left (rule 7)', () => {
    const worker = use(1).join(3);
    worker.channel.sendMessage(OUT_OF_DESCRIPTORS | LOOK_AGAIN);
    bench.hear();
    expect([bench.told.exhausted, bench.lines.available]).toEqual([[3], 0]);
  });

  it('passes nothing to a worker without a descriptor, and again when it has one (rule 7)', () => {
    const worker = use(1).join(0);
    worker.channel.sendMessage(1);
    bench.hear();
    bench.lines.pass({ fd: connection.fd, since: 0 });
    bench.lines.checkUnread(later());
    worker.channel.sendMessage(OUT_OF_DESCRIPTORS | LOOK_AGAIN);
    bench.hear();
    expect(bench.lines.available).toBe(0);
    worker.channel.sendMessage(0);
    bench.hear();
    expect(bench.lines.available).toBe(1);
  });

  it('wakes a worker whose connection it has taken back: it may have looked too early (rule 7)', () => {
    const worker = use(1).join(0);
    worker.channel.sendMessage(1);
    bench.hear();
    bench.lines.pass({ fd: connection.fd, since: 0 });
    expect(worker.isRung()).toBe(true);
    worker.channel.sendMessage(0);
    bench.hear();
    bench.lines.checkUnread(later());
    expect(worker.isRung()).toBe(true);
  });
});
