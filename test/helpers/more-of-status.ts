// Parts of a status that most tests have nothing to say about.

import type { ServerStatus } from '../../src/ops/server-status.ts';

const NO_DURATIONS = { bounds: [], counts: [], sum: 0 };

export const MORE_TOTALS = {
  pairs: [],
  errors: 5,
  durationsByStatus: {},
  queued: NO_DURATIONS,
  waits: NO_DURATIONS,
};

export const NO_HISTORY: Pick<ServerStatus, 'generations' | 'lives'> = {
  generations: [],
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
