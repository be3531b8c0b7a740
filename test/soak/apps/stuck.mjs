// Takes 5 ms, and answers with what it was asked; asked for /stuck it never ends.

import { setTimeout as delay } from 'node:timers/promises';

function spinForEver() {
  for (;;);
}

export async function produce(env, _bodySize, _input, output) {
  if (env.REQUEST_URI.startsWith('/stuck')) spinForEver();
  await delay(5);
  output.write(`Content-Type: text/plain\n\n${env.QUERY_STRING}`);
}
