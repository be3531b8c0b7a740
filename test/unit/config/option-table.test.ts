import { describe, expect, it } from 'vitest';
import {
  GENERAL_OPTIONS,
  optionRows,
  OPTIONS,
  optionTableMarkdown,
} from '../../../src/config/option-table.ts';

const parse = (key: string, value: unknown): unknown => {
  const result = OPTIONS.find((option) => option.key === key)!.type.schema.safeParse(value);
  return result.success ? result.data : result.error.issues.map(({ message }) => message);
};

const expectedHost = (got: string): string =>
  `expected a host without a port, such as example.com, *.example.com or ::1, got "${got}"`;

describe('option-table', () => {
  it('derives unique keys, flags and variables', () => {
    for (const name of ['key', 'flag', 'variable'] as const) {
      expect(new Set(OPTIONS.map((option) => option[name])).size).toBe(OPTIONS.length);
    }
    const maxWorkers = OPTIONS.find(({ key }) => key === 'maxWorkers');
    expect(maxWorkers).toMatchObject({
      flag: '--max-workers',
      variable: 'SCGI_SERVER_MAX_WORKERS',
    });
    expect(OPTIONS.find(({ key }) => key === 'handler')?.flag).toBe('[handler]');
  });

  it('has help of one line and a group for every option', () => {
    for (const { description, group } of OPTIONS) {
      expect(description).toMatch(/^[^\n]{5,100}$/);
      expect(group).toMatch(/:$/);
    }
  });

  it('names the value of every option that takes one', () => {
    const nameless = OPTIONS.filter(({ valueName }) => valueName === undefined);
    expect(nameless.map(({ key }) => key)).toEqual([
      'handler',
      'clearEnv',
      'direct',
      'requestStart',
      'watch',
    ]);
  });

  it('has defaults that its own checks accept and that survive being written', () => {
    const values = OPTIONS.map(({ type, default: text }) =>
      text === undefined ? undefined : type.schema.parse(text),
    );
    const rewritten = OPTIONS.map(({ type }, index) => {
      const value = values[index];
      return value === undefined ? undefined : type.schema.parse(type.format(value!));
    });
    expect(rewritten).toEqual(values);
  });

  it.each([
    ['port', '0', 0],
    ['port', 8080, 8080],
    ['port', 'off', undefined],
    ['socket', 'off', undefined],
    ['socketMode', '0660', 0o660],
    ['socketMode', '777', 0o777],
    ['socketOwner', 1000, '1000'],
    ['umask', '027', 0o027],
    ['umask', '0002', 2],
    ['user', 33, '33'],
    ['chroot', 'off', undefined],
    ['allowUid', ['www-data', 33], ['www-data', '33']],
    ['listen', '[::1]:80', [{ kind: 'tcp', host: '::1', port: 80 }]],
    ['listen', ['fd:3'], [{ kind: 'fd', fd: 3 }]],
    ['mount', '/app', '/app'],
    ['mount', '/a/b/', '/a/b'],
    ['mount', '/', ''],
    ['mount', '/caf%C3%A9', '/caf\xc3\xa9'],
    ['mount', '/café', '/caf\xc3\xa9'],
    ['mount', false, undefined],
    ['status', '9000', { host: '127.0.0.1', port: 9000 }],
    ['status', '[::]:0', { host: '::', port: 0 }],
    ['statusPath', '/ops/caf%C3%A9/', '/ops/caf\xc3\xa9'],
    ['allowHost', 'Example.COM.', ['example.com']],
    ['allowHost', ['*.example.com', 'localhost'], ['*.example.com', 'localhost']],
    ['allowHost', ['::1', '[2001:DB8::1]'], ['[::1]', '[2001:db8::1]']],
    ['allowHost', 'müller.example', ['xn--mller-kva.example']],
    ['absoluteRedirects', 'always', 'always'],
    ['sendfile', 'lighttpd', 'lighttpd'],
    ['idleTimeout', 5, 5_000],
    ['idleTimeout', '0', 0],
    ['maxHeaderSize', '64k', 65_536],
    ['maxBodySize', false, undefined],
    ['maxBodySize', '10m', 10_485_760],
    ['env', ['A=1', 'B='], ['A=1', 'B=']],
    ['env', { A: 'x=y', B: 2 }, ['A=x=y', 'B=2']],
    ['clearEnv', true, true],
    ['clearEnv', 'off', false],
    ['http', '8080', { host: '127.0.0.1', port: 8080 }],
    ['http', 8080, { host: '127.0.0.1', port: 8080 }],
    ['http', '[::1]:0', { host: '::1', port: 0 }],
    ['http', 'localhost:80', { host: 'localhost', port: 80 }],
    ['http', 'off', undefined],
    ['logLevel', 'debug', 'debug'],
    ['nodeArg', '--inspect', ['--inspect']],
  ])('%s: takes %j', (key, given, value) => {
    expect(parse(key, given)).toEqual(value);
  });

  it.each([
    ['port', 1.5, 'expected a port from 0 to 65535, got "1.5"'],
    ['port', null, 'expected text, got null'],
    ['maxWorkers', '0', 'expected a whole number from 1 to 10000, got "0"'],
    ['maxWorkers', 'abc', 'expected a whole number from 1 to 10000, got "abc"'],
    ['maxWorkers', true, 'expected text, got true'],
    ['socketMode', 0o660, 'expected an octal mode as text, such as "0660", got 432'],
    ['socketMode', '0888', 'expected an octal mode as text, such as "0660", got "0888"'],
    ['socketOwner', '', 'expected a user name or number, got ""'],
    ['status', 'x:y', 'expected [HOST:]PORT, such as 8080 or [::1]:8080, got "x:y"'],
    ['statusPath', '/', 'expected a path that is not the root, such as /server-status, got "/"'],
    ['mount', 'app', 'expected a path such as /app, got "app"'],
    ['mount', '/app?x', 'expected a path such as /app, got "/app?x"'],
    ['mount', '/a%', 'expected a path such as /app, got "/a%"'],
    ['mount', '/../a', 'expected a path such as /app, got "/../a"'],
    ['allowHost', 'a:80', expectedHost('a:80')],
    ['allowHost', '[::1]:80', expectedHost('[::1]:80')],
    ['allowHost', 'http://a', expectedHost('http://a')],
    ['allowHost', '*', expectedHost('*')],
    ['allowHost', 'a.*', expectedHost('a.*')],
    ['allowHost', 'a b', expectedHost('a b')],
    ['absoluteRedirects', 'off', 'expected one of auto, always, never, got "off"'],
    ['sendfile', 'caddy', 'expected one of off, nginx, apache, lighttpd, got "caddy"'],
    ['headerTimeout', '0', 'expected a duration of at least 1ms, got "0"'],
    ['maxHeaderSize', '100', 'expected a size of at least 1k, got "100"'],
    ['maxBodySize', '0', 'expected a size of at least 1, got "0"'],
    ['env', 'A', 'expected NAME=VALUE, got "A"'],
    ['env', { A: { B: 1 } }, 'expected text, got an object'],
    ['env', ['=x'], 'expected NAME=VALUE, got "=x"'],
    ['clearEnv', 'maybe', 'expected on or off, got "maybe"'],
    ['clearEnv', 1, 'expected on or off, got 1'],
    ['http', ':80', 'expected [HOST:]PORT, such as 8080 or [::1]:8080, got ":80"'],
    ['http', '::1:80', 'expected [HOST:]PORT, such as 8080 or [::1]:8080, got "::1:80"'],
    ['http', '99999', 'expected a port from 0 to 65535, got "99999"'],
    ['http', 'yes', 'expected [HOST:]PORT, such as 8080 or [::1]:8080, got "yes"'],
    ['logFormat', 'xml', 'expected one of auto, text, json, got "xml"'],
  ])('%s: refuses %j', (key, given, message) => {
    expect(parse(key, given)).toEqual([message]);
  });

  it('names every item of a list that is refused', () => {
    expect(parse('allow', ['10.0.0.0/8', 'a', 'b'])).toHaveLength(2);
  });

  it('gives the rows of a list for people', () => {
    const rows = optionRows();
    expect(rows).toHaveLength(OPTIONS.length - 1 + GENERAL_OPTIONS.length);
    expect(rows).toContainEqual({
      flag: '--max-workers N',
      default: '`WEB_CONCURRENCY` or 5; for CGI 1',
      description: 'most workers',
    });
    expect(optionTableMarkdown()).toContain('| `--log-format auto\\|text\\|json` | auto |');
  });
});
