// What scgi-server serves in the benchmark: the same answers as cluster-server.mjs.

const BIG = Buffer.alloc(64 * 1024, 'x');

// The contract has more parameters than the project's functions may.
// oxlint-disable-next-line max-params
export function produce(env, bodySize, input, output) {
  const body = env.PATH_INFO === '/64k' ? BIG : 'hello\n';
  output.write(
    `Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  output.end(body);
}
