// The judgement of the server, as long as it answers. Pure.

import type { Judgement, Level } from '../../ops/judgement.ts';
import { judge } from '../../ops/judgement.ts';
import type { ServerStatus } from '../../ops/server-status.ts';
import type { PageState } from './page-state.ts';

/** Decides colour and shape. */
export type VerdictLevel = Level | 'lost';

export interface Verdict extends Omit<Judgement, 'level'> {
  readonly level: VerdictLevel;
}

export function verdictOn(status: ServerStatus, { lost }: PageState): Verdict {
  if (lost === undefined) return judge(status);
  const detail = 'what you see below is old';
  return { level: 'lost', headline: 'Not answering', detail, reason: lost.reason };
}
