import { describe, expect, it } from 'vitest';
import { describeDeath } from '../../../src/master/describe-death.ts';
import { describeNotice } from '../../../src/dispatch/describe-notice.ts';
import { formatTextLine } from '../../../src/ops/text-format.ts';

describe('what the log says', () => {
  const death = { slot: 2, pid: 77, uptimeMs: 12_345, served: 40, now: 20_000 };

  it('names who died, how, after how long and what was lost', () => {
    expect(describeDeath({ ...death, lost: 1, end: { code: null, signal: 'SIGKILL' } })).toBe(
      'worker 2 (pid 77) was killed by SIGKILL after 12.3 s, while serving 1 request, 40 requests served',
    );
    expect(describeDeath({ ...death, lost: 0, end: { code: 3, signal: null } })).toBe(
      'worker 2 (pid 77) exited with code 3 after 12.3 s, idle, 40 requests served',
    );
  });

  it('names the request that died with its worker, the oldest of several', () => {
    const current = { method: 'GET', uri: '/r\x1b[2J\n', startedAt: 7_600, headSent: false, fd: 9 };
    const killed = { ...death, current, end: { code: null, signal: 'SIGKILL' } as const };
    const one = describeDeath({ ...killed, lost: 1 });
    expect(formatTextLine({ level: 'error', msg: one }, { colour: false })).toBe(
      'error worker 2 (pid 77) was killed by SIGKILL after 12.3 s, while serving GET /r\\x1b[2J\\n for 12.4 s, 40 requests served\n',
    );
    expect(describeDeath({ ...killed, lost: 3 })).toContain(
      'while serving 3 requests, the oldest GET /r\x1b[2J\n for 12.4 s, 40',
    );
    expect(describeDeath({ ...killed, lost: 0 })).toContain(', idle, ');
  });

  it('names the cause when a process could not be started', () => {
    const end = { code: null, signal: null, error: new Error('spawn EAGAIN') };
    expect(describeDeath({ ...death, pid: undefined, lost: 0, end })).toContain(
      'worker 2 (pid none) could not be started: spawn EAGAIN',
    );
  });

  it('names the option behind every connection that is turned away, and how often', () => {
    expect(describeNotice({ type: 'queue-full', limit: 100 }, 1).message).toBe(
      'answered 503: 100 connections waiting already (--max-queue)',
    );
    const late = { type: 'queue-timeout', waitedMs: 30_000 } as const;
    expect(describeNotice({ ...late, option: '--queue-timeout' }, 7).message).toBe(
      'answered 503: no worker was free for 30000 ms (--queue-timeout) (the last of 7)',
    );
    expect(describeNotice({ ...late, option: '--boot-timeout' }, 1).message).toBe(
      'answered 503: no worker could be booted for 30000 ms (--boot-timeout)',
    );
  });
});
