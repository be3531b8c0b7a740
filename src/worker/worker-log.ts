// The log of a worker: lines travel to the master, which alone writes.

import { inspect } from 'node:util';
import type { HandlerLog } from '../gateway/handler.ts';
import { toErrorRecord } from '../ipc/error-record.ts';
import type { LogLevel, WorkerMessage } from '../ipc/messages.ts';
import type { WorkerChannel } from '../ipc/worker-channel.ts';

/** Messages that may wait for the master; then lines are dropped, and counted, and the worker goes on. */
const MOST_UNSENT = 5_000;

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * @param lowest - lines below this level are not sent
 * @param findCommon - returns fields of every line
 */
export function createWorkerLog(
  channel: WorkerChannel,
  lowest: LogLevel,
  findCommon: () => Record<string, unknown> = () => ({}),
): HandlerLog {
  let dropped = 0;
  const at = (level: LogLevel): HandlerLog['info'] => {
    if (ORDER.indexOf(level) < ORDER.indexOf(lowest)) return () => {};
    return (message, fields) => {
      if (channel.unsent > MOST_UNSENT) {
        dropped++;
        return;
      }
      if (dropped > 0) channel.send(describeDropped(dropped));
      dropped = 0;
      const line = { type: 'log', level, message: toText(message) } as const;
      channel.send({ ...line, fields: { ...findCommon(), ...plain(fields) } });
    };
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function describeDropped(lines: number): WorkerMessage {
  const message = `${lines} lines of this worker's log were dropped: the master did not keep up`;
  return { type: 'log', level: 'error', message, fields: {} };
}

/** Handlers log errors and objects as well, as other loggers let them. */
function toText(message: unknown): string {
  if (typeof message === 'string') return message;
  return message instanceof Error ? toErrorRecord(message).stack : inspect(message);
}

/** Fields come from handlers: what JSON cannot carry must not cost the line, or the worker. */
function plain(fields: unknown): Record<string, unknown> {
  if (typeof fields !== 'object' || fields === null) return {};
  try {
    return JSON.parse(JSON.stringify(fields, toPlain)) as Record<string, unknown>;
  } catch (error) {
    return { unprintable: String(error) };
  }
}

function toPlain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return toErrorRecord(value);
  return typeof value === 'bigint' ? value.toString() : value;
}
