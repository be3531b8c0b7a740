// The log: one record per event, as a line of text or of JSON, written to a destination.
// Time stamps appear where nobody else adds them: in JSON, and in text on a terminal or in a file.

import { types } from 'node:util';
import type { Logger as PinoLogger } from 'pino';
import { pino } from 'pino';
import type { LogLevel } from '../ipc/messages.ts';
import type { LogDestination } from './log-destination.ts';
import { toErrorRecord } from '../ipc/error-record.ts';
import { escapeJson, formatTextLine } from './text-format.ts';

/** `auto` is text, coloured on a terminal; `text` is never coloured. */
type LogFormat = 'auto' | 'text' | 'json';

/** Writes events into the log. An error belongs into the field `err`. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** Writes a line of the access log, which is whole, its line end included. */
  access(line: string): void;
}

/** What a reload may change. */
export interface LogStyle {
  /** Less severe events are not written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** A logger whose events may look different from now on. */
export interface ChangeableLogger extends Logger {
  change(style: LogStyle): void;
}

/** What a logger is made of. */
export interface LoggerOptions extends LogStyle {
  readonly destination: LogDestination;
  /** Where lines of the access log go. */
  readonly access: LogDestination;
  /** Who reads the destination: people, on a terminal or later; or a program, which adds time stamps itself. */
  readonly reader: 'terminal' | 'file' | 'program';
}

/** Names that the record itself uses; a field of the same name gets a `_` behind it. */
const RESERVED_FIELDS = new Set(['level', 'time', 'msg']);

/** Makes the logger and has it report what the destination had to drop. */
export function createLogger(options: LoggerOptions): ChangeableLogger {
  const { destination, access, reader } = options;
  let writer = createWriter(options);
  const logger: ChangeableLogger = {
    debug: (message, fields = {}) => writer.debug(fields, message),
    info: (message, fields = {}) => writer.info(fields, message),
    warn: (message, fields = {}) => writer.warn(fields, message),
    error: (message, fields = {}) => writer.error(fields, message),
    access: (line) => access.write(line),
    change: (style) => {
      writer = createWriter({ ...options, ...style });
    },
  };
  const why =
    reader === 'file'
      ? 'because the disk was full'
      : 'because the reader of the log did not keep up';
  destination.onRecovered = (lines) => logger.error(`${lines} log lines were dropped ${why}`);
  if (access !== destination) {
    access.onRecovered = (lines) => logger.error(`${lines} lines of the access log were dropped`);
  }
  return logger;
}

function createWriter({ level, format, destination, reader }: LoggerOptions): PinoLogger {
  const isJson = format === 'json';
  const colour = format === 'auto' && reader === 'terminal';
  return pino(
    {
      level,
      base: null,
      timestamp: isJson || reader === 'file' ? isoTime : reader === 'terminal' && clockTime,
      formatters: { level: (label) => ({ level: label }), log: toPlainFields },
      // pino's own would take our record of an error for an error
      serializers: { err: (record: unknown) => record },
    },
    {
      write: (line: string) =>
        destination.write(isJson ? escapeJson(line) : formatTextLine(JSON.parse(line), { colour })),
    },
  );
}

function isoTime(): string {
  return `,"time":"${new Date().toISOString()}"`;
}

/** Local time of day: on a terminal somebody is watching now. */
function clockTime(): string {
  const now = new Date();
  return `,"time":"${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}"`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function toPlainFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      RESERVED_FIELDS.has(name) ? `${name}_` : name,
      types.isNativeError(value) ? toErrorRecord(value) : value,
    ]),
  );
}
