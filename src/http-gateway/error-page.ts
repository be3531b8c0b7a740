// The gateway's own answers: what went wrong between the browser and the SCGI server, for a developer.

import { STATUS_CODES, type ServerResponse } from 'node:http';

/** Answers with a plain-text page: the status as its title, then `explanation`. */
export function sendErrorPage(response: ServerResponse, status: number, explanation: string): void {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`;
  const page = Buffer.from(`${title}\n\n${explanation}\n`);
  response.writeHead(status, [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(page.length),
    'Cache-Control',
    'no-store',
  ]);
  response.end(page);
}
