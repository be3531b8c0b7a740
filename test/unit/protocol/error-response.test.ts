import { describe, expect, it } from 'vitest';
import { errorResponse, toErrorStatus } from '../../../src/protocol/error-response.ts';

describe('errorResponse', () => {
  it('is a complete CGI response with its length', () => {
    const [head = '', body = ''] = errorResponse(500).toString().split('\r\n\r\n');
    expect(head.split('\r\n')).toEqual([
      'Status: 500 Internal Server Error',
      'Content-Type: text/html; charset=utf-8',
      `Content-Length: ${body.length}`,
    ]);
  });

  it('has no body for HEAD, but its length', () => {
    const answer = errorResponse(405, 'HEAD').toString();
    expect(answer).toMatch(/\r\nContent-Length: \d\d\r\n\r\n$/);
    expect(answer).toMatch(/\r\nAllow: GET, HEAD, POST/);
  });

  it('tells a balancer when to come again', () => {
    expect(errorResponse(503).toString()).toContain('\r\nRetry-After: 1\r\n');
  });

  it('takes a status it has no document for as a bad request', () => {
    expect([toErrorStatus(431), toErrorStatus(418)]).toEqual([431, 400]);
  });
});
