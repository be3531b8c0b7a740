// Parts of a status that most tests have nothing to say about.

import type { DurationHistogram, ServerTotals } from '../../src/ops/request-totals.ts';
import type { ServerStatus } from '../../src/ops/server-status.ts';

const NO_DURATIONS: DurationHistogram = { bounds: [], counts: [], sum: 0 };

export const MORE_TOTALS: Pick<
  ServerTotals,
  'pairs' | 'errors' | 'durationsByStatus' | 'queued' | 'waits'
> = {
  pairs: [],
  errors: 5,
  durationsByStatus: {},
  queued: NO_DURATIONS,
  waits: NO_DURATIONS,
};

export const NO_HISTORY: Pick<ServerStatus, 'generations' | 'lives' | 'health'> = {
  generations: [],
  health: { failedBoots: 0, nextAttemptMs: 0, crashesLastMinute: 0, isCrashLoop: false },
  lives: {
    ended: {
      crash: 0,
      'boot-failure': 0,
      killed: 0,
      reload: 0,
      recycled: 0,
      retired: 0,
      stopped: 0,
    },
    boots: NO_DURATIONS,
    reloads: { done: 0, failed: 0 },
  },
};
