// The commands that tell a running server to do something: what each asks, and how its answer reads.

import type {
  PingReceipt,
  RecycleReceipt,
  ReloadReceipt,
  ScaleReceipt,
} from '../../ops/operations.ts';
import { EXIT_OK, EXIT_REFUSED } from '../../exit-codes.ts';
import type { ControlFlags, Receipt } from './reach.ts';
import { parseReceipt, reach } from './reach.ts';
import { pingText, recycleText, reloadText, scaleText } from './receipt-text.ts';

export interface OrderFlags extends ControlFlags {
  /** Until it is done. */
  readonly wait?: true;
  readonly json?: true;
}

/** A command for a server. */
interface Order {
  /** Of the request. */
  target: string;
  /** What to say of an answer that something is done. */
  done(receipt: Receipt): string[];
  /** What to say where the server has begun, and nobody waits. */
  begun?: string;
  /** The server ends with it. */
  isLast?: boolean;
}

export function reload(flags: OrderFlags & { onlyCode?: true }): Promise<number> {
  const { wait, onlyCode } = flags;
  const done = (receipt: Receipt): string[] => reloadText(receipt as unknown as ReloadReceipt);
  const begun = 'the reload has begun; --wait would say what comes of it, and the log does';
  return give({ target: target('reload', { wait, 'only-code': onlyCode }), done, begun }, flags);
}

export function recycle(slot: string | undefined, flags: OrderFlags): Promise<number> {
  const { wait } = flags;
  const done = (receipt: Receipt): string[] => recycleText(receipt as unknown as RecycleReceipt);
  const begun = 'recycling has begun; --wait would say what comes of it, and the log does';
  return give({ target: target('recycle', { wait, slot }), done, begun }, flags);
}

export function scale(to: string, flags: OrderFlags): Promise<number> {
  const done = (receipt: Receipt): string[] => scaleText(receipt as unknown as ScaleReceipt);
  return give({ target: target('scale', { to }), done }, flags);
}

export function stop(flags: OrderFlags & { quick?: true }): Promise<number> {
  const { wait, quick } = flags;
  const done = ({ stopped }: Receipt): string[] => [stopped === true ? 'stopped' : 'stopping'];
  return give({ target: target('stop', { wait, quick }), done, isLast: wait === true }, flags);
}

export function ping(flags: OrderFlags): Promise<number> {
  const done = (receipt: Receipt): string[] => pingText(receipt as unknown as PingReceipt);
  return give({ target: target('ping', {}), done }, flags);
}

/** Gives the order and prints the answer. @returns the exit code */
async function give(order: Order, flags: OrderFlags): Promise<number> {
  const { done, begun, isLast = false } = order;
  const client = await reach(flags);
  try {
    const answer = await client[isLast ? 'askLast' : 'ask']('POST', order.target);
    const receipt = parseReceipt(answer.body);
    if (flags.json === true) process.stdout.write(`${JSON.stringify(receipt, undefined, 2)}\n`);
    if (receipt.ok !== true) {
      process.stderr.write(
        `scgi-server: ${nameOf(order.target)} failed: ${String(receipt['error'])}\n`,
      );
      return EXIT_REFUSED;
    }
    const isBegun = begun !== undefined && receipt['done'] === false;
    if (flags.json !== true) print(isBegun ? [begun] : done(receipt));
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
