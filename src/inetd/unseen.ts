// The scoreboard line of a worker that nobody watches.

import type { ActivityLine } from '../dispatch/activity.ts';

export const UNSEEN: ActivityLine = {
  booted: () => {},
  show: () => {},
  headSent: () => {},
  clear: () => {},
  count: () => {},
};
