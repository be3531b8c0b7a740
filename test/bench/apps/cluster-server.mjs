// node:http with cluster, as one would put it behind proxy_pass: the same answers as
// scgi-handler.mjs. The argument is the number of processes.

import cluster from 'node:cluster';
import { createServer } from 'node:http';

const BIG = Buffer.alloc(64 * 1024, 'x');

if (cluster.isPrimary) {
  cluster.on('listening', (worker, { port }) => {
    console.log(`listening on 127.0.0.1:${port}\nworker ${worker.id} is ready`);
  });
  for (let n = 0; n < Number(process.argv[2]); n += 1) cluster.fork();
} else {
  const server = createServer((request, response) => {
    const body = request.url === '/64k' ? BIG : 'Hello world\n';
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.length });
    response.end(body);
  });
  // Longer than nginx keeps an idle connection, or now and then one closes as a request arrives.
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1');
}
