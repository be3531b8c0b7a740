import type { PerformanceEntry } from 'node:perf_hooks';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { expect, it, onTestFinished } from 'vitest';
import { countUpload } from '../../../src/connection/upload-garbage.ts';
import { waitFor } from '../../helpers/wait-for.ts';

const MB = 1024 * 1024;

it('has young garbage collected while uploads come', async () => {
  const forced: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries() as (PerformanceEntry & { detail: Detail })[]) {
      if ((detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0)
        forced.push(detail.kind);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  onTestFinished(() => observer.disconnect());

  countUpload(16 * MB - 1);
  await waitFor('a collection', () => {
    countUpload(MB);
    return forced.length > 0;
  });
  expect(forced[0]).toBe(constants.NODE_PERFORMANCE_GC_MINOR);
});

interface Detail {
  kind: number;
  flags: number;
}
