import { describe, expect, it } from 'vitest';
import { CreditLedger } from '../../../src/dispatch/credits.ts';

describe('CreditLedger', () => {
  it('gives a connection to the worker that became idle last', () => {
    const ledger = new CreditLedger();
    for (const slot of [0, 1, 2]) {
      ledger.open(slot, 1);
      ledger.give(slot);
    }
    expect([ledger.take(), ledger.take(), ledger.take(), ledger.take()]).toEqual([
      2,
      1,
      0,
      undefined,
    ]);
    ledger.give(0);
    ledger.give(1);
    expect(ledger.take()).toBe(1);
  });

  it('prefers the worker that runs least over the one that became idle last', () => {
    const ledger = new CreditLedger();
    ledger.open(0, 3);
    ledger.open(1, 3);
    ledger.give(0, 3);
    ledger.give(1, 3);
    // Each take makes the taken worker the busier one.
    expect([ledger.take(), ledger.take(), ledger.take(), ledger.take()]).toEqual([1, 0, 1, 0]);
  });

  it('counts what is available and never holds more than a worker owns', () => {
    const ledger = new CreditLedger();
    ledger.open(0, 2);
    ledger.give(0, 5);
    expect(ledger.available).toBe(2);
    ledger.take();
    expect(ledger.available).toBe(1);
    expect(ledger.held(0)).toBe(1);
  });

  it('gives nothing to a withdrawn worker, even when its credits come back', () => {
    const ledger = new CreditLedger();
    ledger.open(0, 2);
    ledger.give(0, 1);
    ledger.withdraw(0);
    ledger.give(0, 1);
    expect(ledger.available).toBe(0);
    expect(ledger.take()).toBeUndefined();
  });

  it('ignores a credit of a worker that is not known', () => {
    const ledger = new CreditLedger();
    ledger.give(7);
    expect(ledger.available).toBe(0);
    ledger.open(7, 1);
    ledger.give(7);
    ledger.close(7);
    expect(ledger.available).toBe(0);
    expect(ledger.take()).toBeUndefined();
  });
});
