import { describe, expect, it } from 'vitest';
import { describeDeath } from '../../../src/master/describe-death.ts';
import { describeLate } from '../../../src/master/describe-late.ts';
import { describeOverdue } from '../../../src/master/describe-overdue.ts';
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
    const named = { ...killed, current: { ...current, uri: '/r', id: '2-k2f9x1-1a' } };
    expect(describeDeath({ ...named, lost: 1 })).toContain(
      ', while serving GET /r for 12.4 s (request 2-k2f9x1-1a), 40 requests served',
    );
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

describe('describeLate', () => {
  const current = { method: 'GET', uri: '/a', startedAt: 1_000, headSent: false, fd: 7 };
  const times = { gracefulTimeout: 30_000, now: 41_000 };

  it('names the limit, and the request', () => {
    const booting = { slot: 2, state: 'booting' } as const;
    expect(describeLate(booting, undefined, { ...times, timeoutMs: 60_000 })).toBe(
      'worker 2 did not load its handler within --boot-timeout (1m): killed',
    );
    const draining = { slot: 2, state: 'draining' } as const;
    expect(describeLate(draining, current, { ...times, timeoutMs: 31_500 })).toBe(
      'worker 2 did not finish within 31500 ms, --graceful-timeout (30s) and a moment more, while serving GET /a for 40.0 s: killed',
    );
    expect(describeLate(draining, undefined, { ...times, timeoutMs: 1_500 })).toBe(
      'worker 2 did not finish within 1500 ms: killed',
    );
  });
});

describe('describeOverdue', () => {
  it('names the request, its age, the limit, the worker, and what was done', () => {
    const request = { method: 'GET', uri: '/a' };
    const what = { limit: 300_000, worker: 'worker 2 (pid 7)' };
    expect(describeOverdue({ request, ageMs: 300_512, answer: 'answered' }, what)).toBe(
      'GET /a: it took longer than --request-timeout (5m), 300.5 s so far, and worker 2 (pid 7) does not respond: the master has answered 504',
    );
    const answer = { impossible: 'its connection is closed' };
    expect(describeOverdue({ request: undefined, ageMs: 300_512, answer }, what)).toMatch(
      /^a request: .*: it cannot be answered: its connection is closed$/,
    );
  });
});
