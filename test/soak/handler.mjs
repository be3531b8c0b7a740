// What the server runs during the soak: every way in which a handler may answer or fail.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { answerBody, requestBody } from './content.mjs';

const KINDS = {
  '/sync': answerAtOnce,
  '/async': answerLater,
  '/stream': answerInPieces,
  '/throw': failAtOnce,
  '/reject': failLater,
  '/late': failInTheMiddle,
};

// The contract has more parameters than the project's functions may.
// oxlint-disable-next-line max-params
export function produce(env, bodySize, input, output) {
  const { HTTP_X_TOKEN: token, HTTP_X_SIZE: size, HTTP_X_WAIT: wait } = env;
  return KINDS[env.PATH_INFO]({
    token,
    body: answerBody(token, Number(size)),
    wait: Number(wait),
    bodySize,
    input,
    output,
  });
}

/** Leaves the request's body to the server, which has to discard it. */
function answerAtOnce({ token, body, output }) {
  output.write(head(token));
  output.end(body);
}

async function answerLater(request) {
  const { token, body, wait, output } = request;
  const isRight = await hasRightBody(request);
  await delay(wait);
  output.write(isRight ? head(token) : WRONG_BODY);
  output.end(body);
}

async function answerInPieces(request) {
  const { token, body, wait, output } = request;
  const isRight = await hasRightBody(request);
  output.write(isRight ? head(token) : WRONG_BODY);
  await pipeline(Readable.from(pieces(body, 1 + wait)), output);
}

function failAtOnce() {
  throw new Error('soak: thrown');
}

async function failLater(request) {
  await hasRightBody(request);
  await turn();
  throw new Error('soak: rejected');
}

/** The length is announced, so that nobody takes the half that was sent for the whole. */
async function failInTheMiddle(request) {
  const { token, body, output } = request;
  await hasRightBody(request);
  output.write(head(token, `Content-Length: ${body.length}\r\n`));
  output.write(body.subarray(0, body.length / 2));
  // By then the half is sent.
  await delay(1);
  throw new Error('soak: thrown in the middle');
}

const WRONG_BODY = 'Status: 418 The Request Body Is Wrong\r\n\r\n';

function head(token, more = '') {
  return `Status: 200 OK\r\nContent-Type: application/octet-stream\r\nX-Token: ${token}\r\n${more}\r\n`;
}

async function hasRightBody({ token, bodySize, input }) {
  const parts = [];
  for await (const part of input) parts.push(part);
  return Buffer.concat(parts).equals(requestBody(token, bodySize));
}

/** Each after a turn of the event loop, so that it is sent on its own. */
async function* pieces(body, count) {
  const size = Math.ceil(body.length / count);
  for (let n = 0; n < count; n++) {
    await turn();
    yield body.subarray(n * size, (n + 1) * size);
  }
}
