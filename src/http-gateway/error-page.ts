// The gateway's own answers: what went wrong between the browser and the SCGI server, for a developer.

import { STATUS_CODES, type ServerResponse } from 'node:http';

/** Answers with a plain-text page: the status as its title, then `explanation`. */
export function sendErrorPage(response: ServerResponse, status: number, explanation: string): void {
  const reason = STATUS_CODES[status] ?? '';
  const page = Buffer.from(`${status} ${reason}\n\n${explanation}\n`);
  // The reason is said again: a failed attempt to pass on the server's may have left that one behind.
  response.writeHead(status, reason, [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(page.length),
    'Cache-Control',
    'no-store',
  ]);
  response.end(page);
}
