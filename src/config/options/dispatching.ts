// Options: how connections reach the workers.

import type { OptionRows } from '../option-row.ts';
import { choice, duration, onOrOff } from '../value-type.ts';

export interface DispatchingConfig {
  /** How connections are passed; `auto` is `native` where that works. */
  readonly dispatch: 'auto' | 'native' | 'portable';
  /** Time for which a worker that has just finished waits for its next connection itself, milliseconds. */
  readonly linger: number;
  /** Whether workers take waiting connections themselves. */
  readonly selfService: boolean;
}

export const DISPATCHING: OptionRows<DispatchingConfig> = {
  dispatch: {
    valueName: 'auto|native|portable',
    type: choice('auto', 'native', 'portable'),
    default: 'auto',
    onReload: 'stays',
    description: 'how connections are passed to workers; auto: native where it works',
  },
  linger: {
    valueName: 'TIME',
    type: duration(),
    default: '2ms',
    onReload: 'changes',
    description:
      'native: a worker that has just finished waits so long for the next connection itself',
  },
  selfService: {
    valueName: 'on|off',
    type: onOrOff(),
    default: 'on',
    onReload: 'stays',
    description: 'native: workers take waiting connections themselves',
  },
};
