// Hello as a fetch handler: the same answer as that of scgi-handler.mjs.

const BODY = 'Hello world\n';
const HEADERS = { 'Content-Type': 'text/plain', 'Content-Length': `${BODY.length}` };

export const fetch = () => new Response(BODY, { headers: HEADERS });
