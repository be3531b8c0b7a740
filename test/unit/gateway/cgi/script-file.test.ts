import { describe, expect, it } from 'vitest';
import { scriptFile } from '../../../../src/gateway/cgi/script-file.ts';

describe('the file of a script', () => {
  it.each([
    ['/srv/a.cgi', '/srv/a.cgi'],
    ['/srv/50%25.cgi', '/srv/50%25.cgi'],
    ['', ''],
    ['proxy:scgi://127.0.0.1:4001/srv/a.cgi', '/srv/a.cgi'],
    ['proxy:scgi://localhost/srv/a%20b+%C3%a9%zz.cgi', '/srv/a b+\xc3\xa9%zz.cgi'],
    ['proxy:scgi://[::1]:4001/srv/%2e%2e/a.cgi', '/srv/../a.cgi'],
    ['proxy:scgi://127.0.0.1:4001', ''],
    ['proxy:fcgi://127.0.0.1:4001/srv/a.cgi', 'proxy:fcgi://127.0.0.1:4001/srv/a.cgi'],
  ])('that is sent as %j is %j', (sent, file) => {
    expect(scriptFile({ SCRIPT_FILENAME: sent })).toBe(file);
  });

  it('is unknown where nothing is sent', () => {
    expect(scriptFile({})).toBeUndefined();
  });
});
