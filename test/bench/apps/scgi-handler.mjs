// What scgi-server serves in the benchmark: the same answers as cluster-server.mjs, app.py and hello.php.

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
    case '/token':
      return answer(output, env.HTTP_X_TOKEN);
    default:
      return answer(output, BODIES[env.PATH_INFO] ?? HELLO);
  }
}

function answer(output, body) {
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
