// Hello as a listener of node:http: the same answer as that of scgi-handler.mjs.

const BODY = 'Hello world\n';

export default function serve(request, response) {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': BODY.length });
  response.end(BODY);
}
