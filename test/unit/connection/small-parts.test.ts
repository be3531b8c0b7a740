import { describe, expect, it } from 'vitest';
import { RequestContext } from '../../../src/connection/request-context.ts';

describe('RequestContext', () => {
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const source = { workerId: 3, requestLog: () => silent };

  it('fires a signal that is first looked at after the abort, with the first reason', () => {
    const context = new RequestContext(source, 'x');
    const [first, second] = [new Error('first'), new Error('second')];
    context.abort(first);
    context.abort(second);
    expect(context.isAbortKnown).toBe(false);
    expect(context.signal.reason).toBe(first);
    expect(context.isAbortKnown).toBe(true);
  });

  it('names the worker and the request', () => {
    const context = new RequestContext(source, 'x');
    expect([context.workerId, context.requestId, context.signal.aborted]).toEqual([3, 'x', false]);
  });
});
