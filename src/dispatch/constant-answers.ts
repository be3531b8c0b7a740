// Answers of a master that has no worker to give them: constant, whatever was asked.

import { Buffer } from 'node:buffer';

export interface ConstantAnswer {
  /** All of it. */
  readonly whole: Buffer;
  /** For a request with the method HEAD. */
  readonly headOnly: Buffer;
}

/** A worker died before it had answered. */
export const ANSWER_500: ConstantAnswer = answer(
  '500 Internal Server Error',
  'The server failed to answer.\n',
);
/** Nobody can serve it now. */
export const ANSWER_503: ConstantAnswer = answer(
  '503 Service Unavailable',
  'The server is too busy to answer now. Try again in a moment.\n',
  'Retry-After: 1\r\n',
);
/** A worker took too long. */
export const ANSWER_504: ConstantAnswer = answer(
  '504 Gateway Timeout',
  'The application took too long to answer.\n',
);

function answer(status: string, body: string, fields: string = ''): ConstantAnswer {
  const head =
    `Status: ${status}\r\nContent-Type: text/plain\r\n${fields}` +
    `Content-Length: ${body.length}\r\n\r\n`;
  return { whole: Buffer.from(head + body, 'latin1'), headOnly: Buffer.from(head, 'latin1') };
}
