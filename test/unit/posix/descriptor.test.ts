import fs from 'node:fs';
import { expect, it } from 'vitest';
import { InternalError } from '../../../src/errors.ts';
import { closeFd, ConnectionSlot, Descriptor, duplicateAs } from '../../../src/posix/descriptor.ts';
import { describeKernel, isOpen } from './real-kernel.ts';

const open = (): number => fs.openSync('/dev/null', 'r');

/** Opens a file that gets the number `fd`, which has just been closed: the stranger. */
function stranger(fd: number): number {
  const others: number[] = [];
  for (;;) {
    const got = open();
    if (got === fd) break;
    expect(got).toBeLessThan(fd + 64);
    others.push(got);
  }
  for (const other of others) fs.closeSync(other);
  return fd;
}

describeKernel('a descriptor', () => {
  it('is closed once, and its number is never used again', () => {
    const number = open();
    const descriptor = new Descriptor(number, "worker 3's channel");
    expect(descriptor).toMatchObject({ fd: number, isOpen: true, subject: "worker 3's channel" });
    descriptor.close();
    expect(isOpen(number)).toBe(false);

    const other = stranger(number);
    expect(descriptor.isOpen).toBe(false);
    expect(() => descriptor.close()).toThrow(InternalError);
    expect(() => descriptor.close()).toThrow("worker 3's channel is used after it was closed");
    expect(() => descriptor.fd).toThrow(InternalError);
    expect(() => descriptor.release()).toThrow(InternalError);
    expect(isOpen(other)).toBe(true);
    fs.closeSync(other);
  });

  it('can be given away, and is unusable then', () => {
    const descriptor = new Descriptor(open(), 'a connection');
    const number = descriptor.release();
    expect(isOpen(number)).toBe(true);
    expect(descriptor.isOpen).toBe(false);
    expect(() => descriptor.close()).toThrow(InternalError);
    expect(() => descriptor.fd).toThrow(InternalError);
    fs.closeSync(number);
  });

  it('is nothing but an open number', () => {
    for (const wrong of [-1, -4, 1.5, Number.NaN]) {
      expect(() => new Descriptor(wrong, 'x')).toThrow(
        `x: expected an open descriptor, got ${wrong}`,
      );
    }
  });

  it('that somebody else has closed is a bug that is told', () => {
    const descriptor = new Descriptor(open(), 'the epoll');
    fs.closeSync(descriptor.fd);
    expect(() => descriptor.close()).toThrow(
      expect.objectContaining({
        message: 'the epoll was closed twice',
        cause: expect.objectContaining({ call: 'close', errno: 'EBADF', subject: 'the epoll' }),
      }),
    );
  });

  it('as a bare number: closing what is not open is told as well', () => {
    const number = open();
    closeFd(number);
    expect(() => closeFd(number)).toThrow(`connection ${number} was closed twice`);
  });
});

describeKernel('a second number', () => {
  it('becomes another name of the same thing, and what it was is closed', () => {
    const [from, as] = [open(), fs.openSync('/proc/self/status', 'r')];
    duplicateAs(from, as);
    expect(fs.readlinkSync(`/proc/self/fd/${as}`)).toBe('/dev/null');
    fs.closeSync(from);
    expect(isOpen(as)).toBe(true);
    fs.closeSync(as);
    expect(() => duplicateAs(from, as)).toThrow(expect.objectContaining({ errno: 'EBADF' }));
  });
});

describeKernel('the place of a connection', () => {
  it('holds one at a time, and is empty after close', () => {
    const slot = new ConnectionSlot();
    expect(slot.isEmpty).toBe(true);
    expect(() => slot.fd).toThrow(InternalError);
    const number = open();
    slot.put(number);
    expect(slot).toMatchObject({ isEmpty: false, fd: number });
    expect(() => slot.put(99)).toThrow(`connection ${number} would be forgotten`);
    slot.close();

    const other = stranger(number);
    expect(() => slot.close()).toThrow('a connection is used after it was closed');
    expect(() => slot.take()).toThrow(InternalError);
    expect(isOpen(other)).toBe(true);
    fs.closeSync(other);
  });

  it('gives its connection away', () => {
    const slot = new ConnectionSlot();
    slot.put(open());
    const number = slot.take();
    expect(slot.isEmpty).toBe(true);
    expect(isOpen(number)).toBe(true);
    slot.put(number);
    slot.close();
    expect(isOpen(number)).toBe(false);
  });
});
