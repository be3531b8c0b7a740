// Which server a command is for: the one that the same options, environment and configuration file start.

import { ControlClient } from '../../client/control-client.ts';
import { ServerError } from '../../errors.ts';
import { loadConfig } from '../load-config.ts';

/** Options that name the server, and the file that may. */
export interface ControlFlags {
  readonly control?: string | undefined;
  readonly config?: string | undefined;
}

/** An answer that is an object of JSON. */
export type Receipt = Readonly<Record<string, unknown>> & { readonly ok?: boolean };

/** @throws ServerError `ERR_SCGI_CONFIG` when nothing says where the control socket is */
export async function reach({ control, config }: ControlFlags): Promise<ControlClient> {
  const flags = Object.entries({ control, config }).filter(([, value]) => value !== undefined);
  // What is wrong with a configuration file must not keep anybody from a server that runs.
  const isNamed = (control ?? process.env['SCGI_SERVER_CONTROL'] ?? '') !== '';
  const { config: found } = await loadConfig(Object.fromEntries(flags), { withoutFile: isNamed });
  if (found.control !== undefined) return new ControlClient(found.control);
  const expected =
    'expected --control PATH, SCGI_SERVER_CONTROL, or "control" in the configuration file';
  const message = `no control socket is named: ${expected}; the server has to be started with the same`;
  throw new ServerError('ERR_SCGI_CONFIG', message);
}

/** @throws ServerError `ERR_SCGI_RESPONSE` when it is none */
export function parseReceipt(body: string): Receipt {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value as Receipt;
  } catch {
    // Told below.
  }
  const start = JSON.stringify(body.slice(0, 100));
  const message = `the answer of the control socket is none of scgi-server: expected JSON, got ${start}`;
  throw new ServerError('ERR_SCGI_RESPONSE', message);
}
