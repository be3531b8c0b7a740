// node:http with cluster, as one would put it behind proxy_pass: the same answers as
// scgi-handler.mjs, or those of the application in a file. Arguments: the number of processes, the file.

import cluster from 'node:cluster';
import { createServer } from 'node:http';

const [, , processes, file] = process.argv;
const BIG = Buffer.alloc(64 * 1024, 'x');

function answer(request, response) {
  const body = request.url === '/64k' ? BIG : 'Hello world\n';
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.length });
  response.end(body);
}

if (cluster.isPrimary) {
  cluster.on('listening', (worker, { port }) => {
    console.log(`listening on 127.0.0.1:${port}\nworker ${worker.id} is ready`);
  });
  for (let n = 0; n < Number(processes); n += 1) cluster.fork();
} else {
  const listener = file === undefined ? answer : (await import(file)).default;
  const server = createServer(listener);
  // Longer than nginx keeps an idle connection, or now and then one closes as a request arrives.
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1');
}
