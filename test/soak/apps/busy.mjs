// Is busy for 200 ms: asleep, or asked for /loop with all of a processor.

import { setTimeout as delay } from 'node:timers/promises';

const BUSY_MS = 200;

export async function produce(env, _bodySize, _input, output) {
  const until = performance.now() + BUSY_MS;
  if (env.PATH_INFO === '/loop') while (performance.now() < until);
  else await delay(BUSY_MS);
  output.write('Content-Type: text/plain\n\nbusy');
}
