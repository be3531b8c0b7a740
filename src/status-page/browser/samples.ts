// Keeps the samples of ten minutes, of which the server tells the new ones only. Pure.

import type { Sample, ServerStatus } from '../../ops/server-status.ts';
import { SHOWN_MS } from '../view/buckets.ts';

/** Returns `fresh` with all samples that it should have, those of `held` included. */
export function withHeldSamples(held: ServerStatus | undefined, fresh: ServerStatus): ServerStatus {
  if (held === undefined || held.startedAt !== fresh.startedAt) return fresh;
  const first = fresh.samples[0]?.at ?? Infinity;
  const samples: Sample[] = [...held.samples.filter(({ at }) => at < first), ...fresh.samples];
  const since = (samples.at(-1)?.at ?? 0) - SHOWN_MS;
  return { ...fresh, samples: samples.filter(({ at }) => at > since) };
}
