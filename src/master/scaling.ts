// Another maximum of workers, while the server runs.

import { count } from '../count.ts';
import type { Logger } from '../ops/logger.ts';
import type { ScaleReceipt } from '../ops/operations.ts';
import type { Pool } from './pool.ts';

export interface ScaleOrder {
  to: number | 'more' | 'fewer';
  /** Who wants it, as the log says it. */
  reason: string;
  done?: ((receipt: ScaleReceipt) => void) | undefined;
}

export interface ScalingParts {
  pool: Pick<Pool, 'maxWorkers' | 'scale'>;
  log: Logger;
  /** Most workers that there is room for. */
  mostWorkers: number;
  /** Why nothing is changed any more. */
  refusal?: string | undefined;
}

/** Changes `--max-workers` until the next reload, or says why not. */
export function scale({ to, reason, done }: ScaleOrder, parts: ScalingParts): void {
  const { pool, log, mostWorkers, refusal } = parts;
  const before = pool.maxWorkers;
  const wanted = to === 'more' ? before + 1 : to === 'fewer' ? Math.max(1, before - 1) : to;
  const error = refusal ?? findFault(wanted, mostWorkers);
  if (error !== undefined) {
    log.warn(`still at most ${count(before, 'worker')} (${reason}): ${error}`);
    done?.({ ok: false, maxWorkers: before, error });
    return;
  }
  pool.scale(wanted);
  const until = `until the next reload, ${before} before`;
  log.info(`at most ${count(wanted, 'worker')} ${until}: ${reason}`);
  done?.({ ok: true, maxWorkers: wanted });
}

function findFault(wanted: number, mostWorkers: number): string | undefined {
  if (Number.isSafeInteger(wanted) && wanted >= 1 && wanted <= mostWorkers) return undefined;
  const room = `a number of workers from 1 to ${mostWorkers}, for which this server has room`;
  return `expected ${room} (more need a restart with a greater --max-workers), got ${wanted}`;
}
