import { describe, expect, it } from 'vitest';
import { ServerError } from '../../../src/errors.ts';
import { answers, EXHAUSTED, NOTHING, REPEAT } from '../../../src/posix/answers.ts';
import { ERRNO, errnoName, PosixError } from '../../../src/posix/errno.ts';

describe('error numbers', () => {
  it('have their usual names', () => {
    const names = ['EAGAIN', 'EINTR', 'EMFILE', 'ENFILE', 'ECONNABORTED', 'ENOBUFS', 'ENOMEM'];
    for (const name of [...names, 'ETOOMANYREFS', 'EOPNOTSUPP', 'EPIPE', 'EBADF'] as const) {
      expect(errnoName(ERRNO[name as keyof typeof ERRNO])).toBe(name);
    }
    expect(errnoName(9_999)).toBe('errno 9999');
  });

  it('make an error that says what failed, on what, and why', () => {
    const error = new PosixError('accept4', ERRNO.EMFILE, '127.0.0.1:4000');
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({
      name: 'PosixError',
      code: 'ERR_SCGI_POSIX',
      call: 'accept4',
      errno: 'EMFILE',
      subject: '127.0.0.1:4000',
      message: 'accept4 on 127.0.0.1:4000 failed: EMFILE (too many open files)',
    });
  });

  it('make an error without a text where there is none', () => {
    const { message } = new PosixError('sendmsg', ERRNO.ETOOMANYREFS, "worker 3's channel");
    expect(message).toBe("sendmsg on worker 3's channel failed: ETOOMANYREFS");
  });

  it('are answered by a table, which always repeats what a signal interrupted', () => {
    const table = answers([NOTHING, ERRNO.EAGAIN], [EXHAUSTED, ERRNO.EMFILE, ERRNO.ENFILE]);
    const got = [ERRNO.EINTR, ERRNO.EAGAIN, ERRNO.EMFILE, ERRNO.ENFILE, ERRNO.EBADF].map((errno) =>
      table.get(errno),
    );
    expect(got).toEqual([REPEAT, NOTHING, EXHAUSTED, EXHAUSTED, undefined]);
  });
});
