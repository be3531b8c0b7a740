// Whether an answer is the one of its request, byte for byte. Pure.

import { answerBody } from './content.mjs';
import type { Plan } from './plan.ts';

export type Verdict =
  /** What the request was to get; of a handler that fails that is its 500, or a broken answer. */
  | { type: 'right' }
  /** It ended too early; what there is of it is right. */
  | { type: 'cut' }
  | { type: 'wrong'; reason: string };

const RIGHT: Verdict = { type: 'right' };
const CUT: Verdict = { type: 'cut' };
const OK = 'Status: 200 OK\r\n';
const FAILED = 'Status: 500 Internal Server Error\r\n';
const HEAD_END = '\r\n\r\n';

/** Judges all bytes of an answer that has ended. */
export function checkAnswer(plan: Plan, answer: Buffer): Verdict {
  const isError = mayOnlyFail(plan) || hasFailedInTime(plan, answer);
  const firstLine = isError ? FAILED : OK;
  const start = answer.toString('latin1', 0, firstLine.length);
  if (!firstLine.startsWith(start)) return wrong(`it begins with ${JSON.stringify(start)}`);
  const headEnd = answer.indexOf(HEAD_END);
  if (headEnd < 0) return CUT;
  const head = answer.toString('latin1', 0, headEnd + 2);
  const body = answer.subarray(headEnd + HEAD_END.length);
  return isError ? checkError(head, body) : checkContent(plan, head, body);
}

function mayOnlyFail({ kind }: Plan): boolean {
  return kind === 'throw' || kind === 'reject';
}

/** Its handler failed before the head, which it had written, was on its way. */
function hasFailedInTime({ kind }: Plan, answer: Buffer): boolean {
  return kind === 'late' && answer.toString('latin1', 0, FAILED.length) === FAILED;
}

function checkContent(plan: Plan, head: string, body: Buffer): Verdict {
  const { token, size, kind } = plan;
  if (!head.includes(`\r\nX-Token: ${token}\r\n`)) return wrong(`another's head: ${head}`);
  const announced = announcedLength(head);
  if (announced !== undefined && announced !== size) return wrong(`${announced} bytes announced`);
  if (body.length > size) return wrong(`${body.length} bytes of body`);
  const expected = answerBody(token, size);
  if (!expected.subarray(0, body.length).equals(body)) {
    const at = body.findIndex((byte, n) => byte !== expected[n]);
    const found = body.toString('latin1', at, at + 16);
    return wrong(`byte ${at} of ${body.length} differs: ${JSON.stringify(found)}`);
  }
  if (kind !== 'late') return body.length === size ? RIGHT : CUT;
  // Its handler failed in the middle: nobody may take that for a whole answer.
  if (announced === undefined) return wrong('broken off, and no length was announced');
  return body.length < size ? RIGHT : wrong('it is whole, though its handler failed');
}

/** The server's own document: it names no request, and must not tell what went wrong. */
function checkError(head: string, body: Buffer): Verdict {
  const announced = announcedLength(head);
  if (announced === undefined) return wrong('an error without Content-Length');
  if (body.length < announced) return CUT;
  const text = body.toString('latin1');
  if (body.length > announced || !text.includes('<h1>500 ') || text.includes('soak')) {
    return wrong(`no error document: ${text}`);
  }
  return RIGHT;
}

function announcedLength(head: string): number | undefined {
  const digits = /\r\nContent-Length: (\d+)\r\n/i.exec(head)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function wrong(reason: string): Verdict {
  return { type: 'wrong', reason };
}
