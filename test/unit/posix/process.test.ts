import fs from 'node:fs';
import { expect, it } from 'vitest';
import { Descriptor } from '../../../src/posix/descriptor.ts';
import { PosixError } from '../../../src/posix/errno.ts';
import { loadPosix } from '../../../src/posix/libc.ts';
import {
  copyDescriptorOf,
  createEvent,
  drainEvent,
  signalEvent,
} from '../../../src/posix/process.ts';
import { pollReadable, sendOnce } from '../../../src/posix/sockets.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { describeKernel, owned, startChild, streamPair } from './real-kernel.ts';

describeKernel('an event', () => {
  it('is signalled until it is drained', () => {
    const { fd } = owned(createEvent("the dispatch thread's event"));
    expect(drainEvent(fd)).toBe(false);
    signalEvent(fd);
    signalEvent(fd);
    expect(pollReadable(fd, 1_000)).toBe(true);
    expect(drainEvent(fd)).toBe(true);
    expect(drainEvent(fd)).toBe(false);
  });

  it('that is full is signalled all the same', () => {
    const { fd } = owned(createEvent('e'));
    const most = Buffer.alloc(8, 0xff);
    most[0] = 0xfe;
    expect(loadPosix().write(fd, most, 8)).toBe(8);
    signalEvent(fd);
    expect(drainEvent(fd)).toBe(true);
  });

  it('that is none is an error', () => {
    expect(() => signalEvent(99_999)).toThrow(
      expect.objectContaining({ call: 'write', errno: 'EBADF', subject: 'fd 99999' }),
    );
    expect(() => drainEvent(99_999)).toThrow(expect.objectContaining({ call: 'read' }));
  });
});

describeKernel('a descriptor of another process', () => {
  it('can be copied, or not, with a reason', { timeout: 20_000 }, async () => {
    const [a, b] = streamPair();
    const child = startChild('sleep', [a.fd]);
    expect(await child.report()).toBe('ready');
    a.close();
    const pid = child.process.pid!;
    const copy = copyDescriptorOf(pid, 3);
    if (copy instanceof PosixError) {
      // Sandboxes forbid it (ptrace rights, seccomp): the answer is part of the contract.
      expect(copy.errno).toMatch(/^(EPERM|ENOSYS)$/);
    } else {
      expect(copy).toBeInstanceOf(Descriptor);
      sendOnce(copy.fd, Buffer.from('504'), 3);
      expect(pollReadable(b.fd, 1_000)).toBe(true);
      copy.close();
      expect(copyDescriptorOf(pid, 999)).toMatchObject({
        call: 'pidfd_getfd',
        errno: 'EBADF',
        subject: `fd 999 of process ${pid}`,
      });
    }
    child.process.kill('SIGKILL');
    await child.exited;
    expect(copyDescriptorOf(pid, 3)).toMatchObject({ call: 'pidfd_open', errno: 'ESRCH' });
  });
});

describeKernel('a process that dies with its parent', () => {
  it('does, though it runs in a loop for ever', { timeout: 30_000 }, async () => {
    const child = startChild('parent', []);
    const orphan = (await child.report()) as { pid: number; dead: boolean; alive: boolean };
    // It also notices when the parent had been another one.
    expect(orphan).toMatchObject({ dead: false, alive: true });
    child.process.kill('SIGKILL');
    const isRunning = () => {
      try {
        return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${orphan.pid}/status`, 'utf8'));
      } catch {
        // No such process.
        return false;
      }
    };
    await waitFor('the end of the orphan', () => !isRunning(), 5_000);
    await child.exited;
  });
});
