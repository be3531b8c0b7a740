// The bytes of a request of the soak, and how many of them its peer sends before it leaves.

import { encodeRequest } from '../../src/protocol/request-encoder.ts';
import { requestBody } from './content.mjs';
import type { Plan } from './plan.ts';

export interface RequestBytes {
  bytes: Buffer;
  /** How many of them are sent. */
  limit: number;
}

export function requestBytes(plan: Plan): RequestBytes {
  const head = encodeRequest(variablesOf(plan), plan.bodySize);
  const body = requestBody(plan.token, plan.bodySize);
  const bytes = body.length === 0 ? head : Buffer.concat([head, body]);
  return { bytes, limit: limitOf(plan, head, body) };
}

function variablesOf({ kind, token, size, bodySize, wait }: Plan): Array<[string, string]> {
  return [
    ['REQUEST_METHOD', bodySize > 0 ? 'POST' : 'GET'],
    ['REQUEST_URI', `/${kind}`],
    ['QUERY_STRING', ''],
    ['CONTENT_TYPE', ''],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['SERVER_PORT', '80'],
    ['SERVER_NAME', 'localhost'],
    ['SCRIPT_NAME', ''],
    ['PATH_INFO', `/${kind}`],
    ['HTTP_HOST', 'localhost'],
    ['HTTP_X_TOKEN', token],
    ['HTTP_X_SIZE', `${size}`],
    ['HTTP_X_WAIT', `${wait}`],
  ];
}

/** A place within the part that the peer leaves in: anywhere, and the same each time. */
function limitOf({ manner, number }: Plan, head: Buffer, body: Buffer): number {
  const lengthDigits = head.indexOf(':');
  switch (manner) {
    case 'silent':
      return 0;
    case 'in length':
      return 1 + (number % lengthDigits);
    case 'in header block':
      return lengthDigits + 1 + (number % (head.length - lengthDigits - 1));
    case 'in body':
      return head.length + (number % body.length);
    case 'stay':
    case 'half-close':
    case 'after request':
    case 'in answer':
      return head.length + body.length;
  }
}
