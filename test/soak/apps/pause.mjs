// Takes 5 ms, and answers with what it was asked.

import { setTimeout as delay } from 'node:timers/promises';

export async function produce(env, _bodySize, _input, output) {
  await delay(5);
  output.write(`Content-Type: text/plain\n\n${env.QUERY_STRING}`);
}
