// The commands that only look at a running server, once.

import { EXIT_OK, EXIT_REFUSED } from '../../exit-codes.ts';
import type { ControlClient } from '../../client/control-client.ts';
import type { ServerStatus } from '../../ops/server-status.ts';
import type { Screen } from '../../ops/status-text.ts';
import { statusText, USUAL_SCREEN } from '../../ops/status-text.ts';
import { explain } from '../../ops/status-why.ts';
import { escapeJson } from '../../ops/text-format.ts';
import type { ControlFlags } from './reach.ts';
import { parseReceipt, reach } from './reach.ts';

export interface StatusFlags extends ControlFlags {
  readonly json?: true;
  readonly why?: true;
}

/** What a server refuses to tell. */
export class RefusedError extends Error {
  override name = 'RefusedError';
}

/** @returns the exit code */
export function status({ json, why, ...flags }: StatusFlags): Promise<number> {
  return look(flags, async (client) => {
    const found = await askStatus(client);
    if (json === true) return escapeJson(JSON.stringify(found, undefined, 2));
    if (why === true) return explain(found);
    return statusText(found, screenOf(process.stdout)).join('\n');
  });
}

/** @returns the exit code */
export function metrics(flags: ControlFlags): Promise<number> {
  return look(flags, async (client) => {
    const { status: code, body } = await client.ask('GET', '/metrics');
    if (code === 200) return body.trimEnd();
    throw new RefusedError(String(parseReceipt(body)['error']));
  });
}

export async function askStatus(client: ControlClient): Promise<ServerStatus> {
  const { status: code, body } = await client.ask('GET', '/status');
  const answer = parseReceipt(body);
  if (code !== 200) throw new RefusedError(String(answer['error']));
  return answer as unknown as ServerStatus;
}

/** The prompt needs a line, too. Elsewhere than on a terminal no line is too long. */
function screenOf({ isTTY, columns, rows }: NodeJS.WriteStream): Screen {
  return isTTY ? { columns, rows: rows - 1 } : { ...USUAL_SCREEN, columns: Infinity };
}

async function look(
  flags: ControlFlags,
  see: (client: ControlClient) => Promise<string>,
): Promise<number> {
  const client = await reach(flags);
  try {
    process.stdout.write(`${await see(client)}\n`);
    return EXIT_OK;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    process.stderr.write(`scgi-server: the server refuses: ${error.message}\n`);
    return EXIT_REFUSED;
  } finally {
    client.close();
  }
}
