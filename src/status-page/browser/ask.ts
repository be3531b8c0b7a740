// Asks the server how it fares.

import type { ServerStatus } from '../../ops/server-status.ts';

/** A server that takes longer does not answer, milliseconds. */
const PATIENCE_MS = 4_000;

export type Answer = { readonly status: ServerStatus } | { readonly problem: string };

/** @param since - only samples later than this, Unix milliseconds */
export async function ask(since: number): Promise<Answer> {
  try {
    const response = await fetch(`${location.pathname}?json&since=${since}`, {
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!response.ok) return { problem: await refusal(response) };
    return { status: (await response.json()) as ServerStatus };
  } catch (error) {
    return { problem: describe(error) };
  }
}

async function refusal({ status }: Response): Promise<string> {
  const meaning = status === 502 || status === 504 ? ' from the web server in front' : '';
  return `It answers with status ${status}${meaning}.`;
}

function describe(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError') return `No answer within ${PATIENCE_MS / 1_000} seconds.`;
  return name === 'SyntaxError' ? 'What it answers is no status.' : 'Nothing listens any more.';
}
