// What scgi-server serves in the benchmark: the same answers as cluster-server.mjs, app.py and hello.php;
// and how a timer of the application fares, which is asked of scgi-server alone.

import { setTimeout as delay } from 'node:timers/promises';

const HELLO = 'Hello world\n';
const BODIES = { '/64k': Buffer.alloc(64 * 1024, 'x'), '/1m': Buffer.alloc(1024 * 1024, 'x') };

// The contract has more parameters than the project's functions may.
// oxlint-disable-next-line max-params
export function produce(env, bodySize, input, output) {
  switch (env.PATH_INFO) {
    case '/upload':
      return count(input, output);
    case '/wait':
      return delay(10).then(() => answer(output, HELLO));
    case '/timer':
      return reportTimer(output);
    case '/token':
      return answer(output, env.HTTP_X_TOKEN);
    default:
      return answer(output, BODIES[env.PATH_INFO] ?? HELLO);
  }
}

let served = 0;

function answer(output, body) {
  served += 1;
  output.write(
    `Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  output.end(body);
}

/** Answers with the size of what was uploaded, so that it has to have been read. */
async function count(input, output) {
  let size = 0;
  for await (const piece of input) size += piece.length;
  answer(output, `${size}\n`);
}

const PERIOD_MS = 10;

let lateness;

/** Takes note of how late the timer is, each time that something was served since the last. */
function watchTimer() {
  lateness = [];
  let servedBefore = served;
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (served > servedBefore) lateness.push(now - last - PERIOD_MS);
    servedBefore = served;
    last = now;
  }, PERIOD_MS);
}

/** Answers with what was noted since it was last asked. It is slow, so that each worker gets one of a few such requests. */
async function reportTimer(output) {
  if (lateness === undefined) watchTimer();
  await delay(100);
  answer(output, JSON.stringify({ pid: process.pid, lateness: lateness.splice(0) }));
}
