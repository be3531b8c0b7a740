// The commands that tell a running server to do something: what each asks, and how its answer reads.

import type {
  PingReceipt,
  RecycleReceipt,
  ReloadReceipt,
  ScaleReceipt,
} from '../../ops/operations.ts';
import { EXIT_OK, EXIT_REFUSED } from '../../exit-codes.ts';
import { escapeControls, escapeJson } from '../../ops/text-format.ts';
import type { ControlFlags } from './reach.ts';
import { parseReceipt, reach } from './reach.ts';
import type { StopReceipt } from './receipt-text.ts';
import { pingText, recycleText, reloadText, scaleText, stopText } from './receipt-text.ts';

export interface OrderFlags extends ControlFlags {
  /** Until it is done. */
  readonly wait?: true;
  readonly json?: true;
}

/** A command for a server. */
interface Order<Receipt> {
  /** Of the request. */
  target: string;
  /** What to say of an answer that something is done. */
  done: (receipt: Receipt) => string[];
  /** What to say where the server has begun, and nobody waits. */
  begun?: string;
  /** The server ends with it. */
  isLast?: boolean;
}

export function reload(flags: OrderFlags & { onlyCode?: true }): Promise<number> {
  const { wait, onlyCode } = flags;
  const begun = 'the reload has begun; --wait would say what comes of it, and the log does';
  return give<ReloadReceipt>(
    { target: target('reload', { wait, 'only-code': onlyCode }), done: reloadText, begun },
    flags,
  );
}

export function recycle(slot: string | undefined, flags: OrderFlags): Promise<number> {
  const { wait } = flags;
  const begun = 'recycling has begun; --wait would say what comes of it, and the log does';
  return give<RecycleReceipt>(
    { target: target('recycle', { wait, slot }), done: recycleText, begun },
    flags,
  );
}

export function scale(to: string, flags: OrderFlags): Promise<number> {
  return give<ScaleReceipt>({ target: target('scale', { to }), done: scaleText }, flags);
}

export function stop(flags: OrderFlags & { quick?: true }): Promise<number> {
  const { wait, quick } = flags;
  const path = target('stop', { wait, quick });
  return give<StopReceipt>({ target: path, done: stopText, isLast: wait === true }, flags);
}

export function ping(flags: OrderFlags): Promise<number> {
  return give<PingReceipt>({ target: target('ping', {}), done: pingText }, flags);
}

/** Gives the order and prints the answer. @returns the exit code */
async function give<Receipt>(order: Order<Receipt>, flags: OrderFlags): Promise<number> {
  const { done, begun, isLast = false } = order;
  const client = await reach(flags);
  try {
    const answer = await client[isLast ? 'askLast' : 'ask']('POST', order.target);
    const receipt = parseReceipt(answer.body);
    if (flags.json === true)
      process.stdout.write(`${escapeJson(JSON.stringify(receipt, undefined, 2))}\n`);
    if (receipt.ok !== true) {
      const why = escapeControls(String(receipt['error']));
      process.stderr.write(`scgi-server: ${nameOf(order.target)}: ${why}\n`);
      return EXIT_REFUSED;
    }
    const isBegun = begun !== undefined && receipt['done'] === false;
    if (flags.json !== true) print(isBegun ? [begun] : done(receipt as Receipt));
    return EXIT_OK;
  } finally {
    client.close();
  }
}

/** A switch is its name alone. */
function target(name: string, parameters: Record<string, string | true | undefined>): string {
  const given = Object.entries(parameters).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return value === true ? [key] : [`${key}=${encodeURIComponent(value)}`];
  });
  return given.length === 0 ? `/${name}` : `/${name}?${given.join('&')}`;
}

function nameOf(path: string): string {
  return path.slice(1).replace(/\?.*/, '');
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
