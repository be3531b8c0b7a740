import { describe, expect, it } from 'vitest';
import { listenAddresses } from '../../../src/config/config.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { formatListenAddress } from '../../../src/config/listen-address.ts';
import { type ConfigInput, resolveConfig } from '../../../src/config/resolve.ts';

const PATH = '/srv/scgi-server.config.json';
const NOTHING: ConfigInput = { flags: {}, env: {} };

const resolveWith = (input: Partial<ConfigInput>) => resolveConfig({ ...NOTHING, ...input });
const file = (values: Record<string, unknown>) => ({ path: PATH, values });

function problemsOf(input: Partial<ConfigInput>): readonly string[] {
  try {
    resolveWith(input);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function listenersOf(flags: Record<string, unknown>): string {
  return listenAddresses(resolveWith({ flags }).config).map(formatListenAddress).join(' ');
}

describe('resolve', () => {
  it('resolves to defaults where nothing is given', () => {
    const { config, sources } = resolveWith({});
    expect(config).toEqual({
      handler: undefined,
      cgi: undefined,
      cgiArg: [],
      passEnv: [],
      direct: false,
      port: 4000,
      host: '127.0.0.1',
      socket: undefined,
      socketMode: 0o660,
      socketOwner: undefined,
      socketGroup: undefined,
      listen: [],
      backlog: 1024,
      allow: [],
      allowUid: [],
      allowGid: [],
      mount: undefined,
      allowHost: [],
      absoluteRedirects: 'auto',
      sendfile: 'off',
      maxWorkers: 5,
      maxRequests: undefined,
      maxAge: undefined,
      maxMemory: undefined,
      shutdownDelay: 0,
      reloadParallel: 1,
      minWorkers: 1,
      spareWorkers: 1,
      idleTimeout: 300_000,
      concurrency: 1,
      bootTimeout: 60_000,
      gracefulTimeout: 30_000,
      env: [],
      clearEnv: false,
      dispatch: 'auto',
      linger: 2,
      selfService: true,
      nodeArg: [],
      user: undefined,
      group: undefined,
      umask: undefined,
      chdir: undefined,
      chroot: undefined,
      headerTimeout: 5_000,
      bodyTimeout: 60_000,
      sendTimeout: 60_000,
      requestTimeout: 300_000,
      queueTimeout: 30_000,
      requestStart: false,
      maxQueue: 100,
      maxHeaderSize: 65_536,
      maxBodySize: undefined,
      http: undefined,
      watch: false,
      pidFile: undefined,
      logLevel: 'info',
      logFormat: 'auto',
      accessLog: 'errors',
      accessLogFormat: 'text',
      accessLogFile: undefined,
      logFile: undefined,
      logMask: [],
    });
    expect(new Set(Object.values(sources))).toEqual(new Set(['default']));
  });

  it('prefers flags to the environment, that to the file, that to the defaults', () => {
    const { config, sources } = resolveWith({
      flags: { maxWorkers: '9' },
      env: { SCGI_SERVER_MAX_WORKERS: '8', SCGI_SERVER_MIN_WORKERS: '2' },
      file: file({ maxWorkers: 7, minWorkers: 3, spareWorkers: 4 }),
    });
    expect(config).toMatchObject({
      maxWorkers: 9,
      minWorkers: 2,
      spareWorkers: 4,
      concurrency: 1,
    });
    expect(sources).toMatchObject({
      maxWorkers: '--max-workers',
      minWorkers: 'SCGI_SERVER_MIN_WORKERS',
      spareWorkers: PATH,
      concurrency: 'default',
    });
  });

  it('takes WEB_CONCURRENCY as the default of maxWorkers only', () => {
    const env = { WEB_CONCURRENCY: '3' };
    const { config, sources } = resolveWith({ env });
    expect([config.maxWorkers, sources.maxWorkers]).toEqual([3, 'WEB_CONCURRENCY']);
    expect(resolveWith({ env, file: file({ maxWorkers: 2 }) }).config.maxWorkers).toBe(2);
    expect(problemsOf({ env: { WEB_CONCURRENCY: 'auto' } })).toEqual([
      'WEB_CONCURRENCY: expected a whole number from 1 to 10000, got "auto"',
    ]);
  });

  it('takes an empty variable as not set', () => {
    const env = { WEB_CONCURRENCY: '', SCGI_SERVER_PORT: '', SCGI_SERVER_LISTEN: ' ' };
    expect(resolveWith({ env }).config).toMatchObject({ maxWorkers: 5, port: 4000, listen: [] });
  });

  it('splits a variable that is a list at spaces, and replaces lists as a whole', () => {
    const env = { SCGI_SERVER_NODE_ARG: ' --a  --b=1 ' };
    expect(resolveWith({ env, file: file({ nodeArg: ['--c'] }) }).config.nodeArg).toEqual([
      '--a',
      '--b=1',
    ]);
  });

  it('freezes what it returns, lists and their items included', () => {
    const { config } = resolveWith({ flags: { listen: ['a:1'], http: '80' } });
    expect([config, config.listen, config.listen[0], config.http, config.allow]).toSatisfy(
      (values: unknown[]) => values.every((value) => Object.isFrozen(value)),
    );
  });

  it('reports every problem of every source at once', () => {
    expect(
      problemsOf({
        flags: { maxWorkers: 'many', allow: ['x', '10.0.0.0/8', 'y'] },
        env: { SCGI_SERVER_PORT: '70000', SCGI_SERVER_HOTS: 'a', WEB_CONCURRENCY: '0' },
        file: file({ maxWorkers: -1, 'idle-timeout': 5, minWorkers: 1, spareWorkers: 20 }),
      }),
    ).toEqual([
      'SCGI_SERVER_PORT: expected a port from 0 to 65535, got "70000"',
      '--allow: expected an address or a network, such as 10.0.0.0/8 or ::1, got "x"',
      '--allow: expected an address or a network, such as 10.0.0.0/8 or ::1, got "y"',
      'WEB_CONCURRENCY: expected a whole number from 1 to 10000, got "0"',
      `${PATH}: maxWorkers: expected a whole number from 1 to 10000, got "-1"`,
      '--max-workers: expected a whole number from 1 to 10000, got "many"',
      `${PATH}: unknown option idle-timeout (did you mean idleTimeout?)`,
      'SCGI_SERVER_HOTS: unknown option (did you mean SCGI_SERVER_HOST?)',
    ]);
  });

  it('does not suggest what is far away, nor trip over names of Object.prototype', () => {
    const values = JSON.parse('{"constructor": 1, "__proto__": 2, "frobnicate": 3}');
    expect(problemsOf({ file: file(values) })).toEqual([
      `${PATH}: unknown option constructor`,
      `${PATH}: unknown option __proto__ (did you mean port?)`,
      `${PATH}: unknown option frobnicate`,
    ]);
  });

  it('holds minWorkers and spareWorkers to maxWorkers', () => {
    expect(
      problemsOf({ flags: { minWorkers: '6' }, env: { SCGI_SERVER_SPARE_WORKERS: '7' } }),
    ).toEqual([
      'minWorkers (--min-workers): expected at most maxWorkers, 5 (default), got 6',
      'spareWorkers (SCGI_SERVER_SPARE_WORKERS): expected at most maxWorkers, 5 (default), got 7',
    ]);
    expect(problemsOf({ flags: { minWorkers: '6', maxWorkers: '6' } })).toEqual([]);
    expect(problemsOf({ flags: { maxWorkers: '1', minWorkers: '0', spareWorkers: '0' } })).toEqual(
      [],
    );
  });

  it('has other defaults where CGI programs answer, wherever that is said', () => {
    for (const input of [
      { flags: { cgi: 'bin/' } },
      { env: { SCGI_SERVER_CGI: 'bin/' } },
      { file: file({ cgi: 'bin/' }) },
    ]) {
      const { config, sources } = resolveWith(input);
      expect(config).toMatchObject({ cgi: 'bin/', concurrency: 16, maxWorkers: 1, minWorkers: 1 });
      expect(sources).toMatchObject({ concurrency: 'default', maxWorkers: 'default' });
    }
    const flags = { cgi: 'bin/', concurrency: '2', maxWorkers: '3' };
    expect(resolveWith({ flags }).config).toMatchObject({ concurrency: 2, maxWorkers: 3 });
    expect(resolveWith({ flags: { cgi: 'off' } }).config).toMatchObject({ concurrency: 1 });
  });

  it('refuses a handler and a CGI program at the same time', () => {
    expect(problemsOf({ flags: { cgi: 'a.cgi' }, file: file({ handler: 'b.mjs' }) })).toEqual([
      `cgi: expected a handler or a CGI program, got both: handler b.mjs (${PATH}) and cgi a.cgi (--cgi)`,
    ]);
  });

  it('takes names of variables for programs, and never HTTP_PROXY', () => {
    expect(problemsOf({ flags: { passEnv: ['LANG', '_x1'] } })).toEqual([]);
    expect(problemsOf({ flags: { passEnv: ['HTTP_PROXY'] } })).toEqual([
      '--pass-env: expected any variable but that one, got "HTTP_PROXY"',
    ]);
    expect(problemsOf({ flags: { passEnv: ['A=b'] } })).toEqual([
      '--pass-env: expected the name of a variable, without its value, got "A=b"',
    ]);
  });

  it.each([
    [{}, '127.0.0.1:4000'],
    [{ port: '1' }, '127.0.0.1:1'],
    [{ socket: '/s' }, 'unix:/s'],
    [{ socket: '/s', port: '4000' }, '127.0.0.1:4000 unix:/s'],
    [{ socket: '/s', host: '::1' }, '[::1]:4000 unix:/s'],
    [{ listen: ['a:1', 'fd:3'] }, 'a:1 fd:3'],
    [{ listen: ['a:1'], port: '2' }, '127.0.0.1:2 a:1'],
    [{ listen: ['a:1'], socket: '/s' }, 'unix:/s a:1'],
    [{ listen: ['a:1'], socket: '/s', port: '2' }, '127.0.0.1:2 unix:/s a:1'],
    [{ listen: ['127.0.0.1:0'], port: '0' }, '127.0.0.1:0 127.0.0.1:0'],
    [{ port: 'off', socket: '/s' }, 'unix:/s'],
  ])('%j listens on %s', (flags, listeners) => {
    expect(listenersOf(flags)).toBe(listeners);
  });

  it('names what replaced the default port as the source of its absence', () => {
    const { config, sources } = resolveWith({ flags: { socket: '/s' } });
    expect([config.port, sources.port]).toEqual([undefined, '--socket']);
  });

  it('refuses the same listener twice, and none at all', () => {
    expect(problemsOf({ flags: { port: '1', listen: ['127.0.0.1:1'] } })).toEqual([
      'listen: expected 127.0.0.1:1 once, got it twice',
    ]);
    expect(problemsOf({ flags: { port: 'off' } })).toEqual([
      'port: expected something to listen on, got off',
    ]);
    expect(problemsOf({ flags: { port: 'x' } })).toHaveLength(1);
    expect(problemsOf({ flags: { port: 'off', socket: '' } })).toHaveLength(1);
  });

  it('wants a user with a group, and no watch in another root directory', () => {
    expect(problemsOf({ flags: { group: 'app' } })).toEqual([
      'group (--group): expected a user as well, got none',
    ]);
    expect(problemsOf({ flags: { group: 'app', user: 'app' } })).toEqual([]);
    const flags = { handler: 'a.mjs', watch: true, chroot: '/srv' };
    expect(problemsOf({ flags })).toEqual([
      'watch (--watch): expected no chroot, got /srv (--chroot)',
    ]);
  });
});
