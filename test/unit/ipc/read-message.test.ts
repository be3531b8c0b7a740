import { describe, expect, it } from 'vitest';
import { readWorkerMessage } from '../../../src/ipc/read-message.ts';

describe('readWorkerMessage', () => {
  it.each([
    [{ type: 'ready', bootMs: 12.5 }],
    [{ type: 'credit', count: 1 }],
    [{ type: 'begun', id: 7 }],
    [{ type: 'activity', bootMs: 1 }],
    [{ type: 'finished', id: 7, ends: [] }],
    [{ type: 'finished', id: 7, ends: [[2, 0.5, 0, 12]] }],
    [{ type: 'counted', ends: [[2, 0.5, 0, 12, 3.25]] }],
    [{ type: 'log', level: 'info', message: 'text', fields: {} }],
    [{ type: 'boot-failed', error: { name: 'Error', message: 'm', stack: 's' } }],
  ])('takes %j', (message) => {
    expect(readWorkerMessage(message)).toBe(message);
  });

  it.each([
    [null],
    [undefined],
    ['ready'],
    [42],
    [[]],
    [{}],
    [{ type: 'constructor' }],
    [{ type: '__proto__' }],
    [{ type: 'ready' }],
    [{ type: 'credit', count: -1 }],
    [{ type: 'credit', count: Infinity }],
    [{ type: 'begun', id: '7' }],
    [{ type: 'log', data: 'x' }],
    [{ type: 'log', level: 'toString', message: 'x', fields: {} }],
    [{ type: 'log', level: 'info', message: { a: 1 }, fields: {} }],
    [{ type: 'log', level: 'info', message: 'x', fields: null }],
    [{ type: 'activity', bootMs: null }],
    [{ type: 'activity', bootMs: 1, current: { uri: 1 } }],
    [{ type: 'finished', id: 7 }],
    [{ type: 'finished', id: 7, ends: [[2, 0.5, 0]] }],
    [{ type: 'finished', id: 7, ends: [[2, -1, 0, 12]] }],
    [{ type: 'counted', ends: [[0.5, 1, 0, 12]] }],
    [{ type: 'counted', ends: [[2, 1, null, 12]] }],
    [{ type: 'boot-failed', error: null }],
  ])('refuses %j', (message) => {
    expect(readWorkerMessage(message)).toBeUndefined();
  });
});
