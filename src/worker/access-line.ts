// Lines of the access log in forms that other programs read. Pure.

import type { Outcome } from '../connection/outcome.ts';
import type { RequestIdentity } from '../connection/request-identity.ts';
import { escapeJson, formatTextLine } from '../ops/text-format.ts';
import { describeAccess } from './describe-outcome.ts';
import type { TimeLimits } from './describe-timeout.ts';

export type AccessFormat = 'text' | 'json' | 'combined';

/** A request that is over. */
export interface FinishedRequest {
  readonly request: RequestIdentity;
  readonly outcome: Outcome;
  /** That it was under. */
  readonly limits: TimeLimits;
  /** Slot of its worker. */
  readonly worker: number;
  /** When it was over. */
  readonly at: Date;
}

/** nginx's own status for what no standard has one for: its client hung up. Readers of logs know it. */
const HUNG_UP = 499;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const NOT_ASCII = /[\x80-\xff]/;
/** What Apache escapes in a quoted field: quotes, backslashes, whatever is not printable ASCII. */
const TO_ESCAPE = /[^\x20-\x7e]|["\\]/g;
/** Where nothing is quoted, a space ends the field. */
const TO_ESCAPE_BARE = /[^\x21-\x7e]|["\\]/g;
const SHORT_ESCAPES: Record<string, string | undefined> = {
  '\b': '\\b',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** Returns the line, its line end included. */
export function formatAccess(finished: FinishedRequest, format: AccessFormat): string {
  if (format === 'combined') return combinedLine(finished);
  return format === 'json' ? jsonLine(finished) : textLine(finished);
}

/** As in the log, with a time stamp. */
function textLine({ outcome, limits, worker, at }: FinishedRequest): string {
  const { level, message, fields } = describeAccess(outcome, limits);
  const record = { ...fields, worker, level, msg: message, time: at.toISOString() };
  return formatTextLine(record, { colour: false });
}

/** What is not known is left out. */
function jsonLine({ request, outcome, worker, at }: FinishedRequest): string {
  const { id, method, uri, client } = request;
  const line = JSON.stringify({
    time: at.toISOString(),
    request: id,
    client: toText(client?.address),
    user: toText(client?.user),
    method: toText(method),
    uri: toText(uri),
    protocol: toText(client?.protocol),
    host: toText(client?.host),
    status: outcome.status,
    outcome: outcome.kind,
    phase: outcome.phase,
    ms: Math.round(outcome.durationMs * 10) / 10,
    in: outcome.bytesIn,
    out: outcome.bytesOut,
    cut: outcome.cut || undefined,
    referer: toText(client?.referer),
    agent: toText(client?.agent),
    peer: outcome.peer ?? 'unix',
    worker,
  });
  return `${escapeJson(line)}\n`;
}

/** Bytes of a request are UTF-8, if they are text at all. */
function toText(bytes: string | undefined): string | undefined {
  if (bytes === undefined || bytes === '') return undefined;
  return NOT_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString() : bytes;
}

/** `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`. */
function combinedLine({ request, outcome, at }: FinishedRequest): string {
  const { method, uri, client } = request;
  const { protocol, referer, agent } = client ?? {};
  const begun = new Date(at.getTime() - outcome.durationMs);
  const who = `${bare(client?.address)} - ${bare(client?.user)} [${apacheTime(begun)}]`;
  const asked = quoted([method, uri, protocol].filter(Boolean).join(' '));
  const answer = `${combinedStatus(outcome)} ${outcome.bytesOut || '-'}`;
  return `${who} ${asked} ${answer} ${quoted(referer)} ${quoted(agent)}\n`;
}

function combinedStatus({ status, kind }: Outcome): string {
  if (status !== undefined) return String(status);
  return kind === 'aborted' ? String(HUNG_UP) : '-';
}

function bare(text: string | undefined): string {
  return text === undefined || text === '' ? '-' : text.replace(TO_ESCAPE_BARE, escapeByte);
}

function quoted(text: string | undefined): string {
  return `"${text === undefined || text === '' ? '-' : text.replace(TO_ESCAPE, escapeByte)}"`;
}

function escapeByte(character: string): string {
  const code = character.charCodeAt(0);
  return SHORT_ESCAPES[character] ?? `\\x${code.toString(16).padStart(2, '0')}`;
}

/** Local time: `10/Oct/2000:13:55:36 -0700`. */
function apacheTime(time: Date): string {
  const date = `${two(time.getDate())}/${MONTHS[time.getMonth()]}/${time.getFullYear()}`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  const east = -time.getTimezoneOffset();
  const zone = two(Math.floor(Math.abs(east) / 60)) + two(Math.abs(east) % 60);
  return `${date}:${clock} ${east < 0 ? '-' : '+'}${zone}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
