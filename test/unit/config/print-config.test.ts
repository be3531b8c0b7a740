import { describe, expect, it } from 'vitest';
import { OPTIONS } from '../../../src/config/option-table.ts';
import { printConfig } from '../../../src/config/print-config.ts';
import { resolveConfig } from '../../../src/config/resolve.ts';

const flags = {
  maxWorkers: '8',
  listen: ['[::1]:1', 'fd:3'],
  allow: ['10.0.0.0/8'],
  http: '8080',
  idleTimeout: '300',
  maxHeaderSize: '65536',
  env: ['A=b\nc'],
};
const text = printConfig(resolveConfig({ flags, env: {} }));
const lines = text.split('\n');
const line = (key: string) =>
  lines.find((one) => one.startsWith(`${key} `))!.replaceAll(/ +/g, ' ');

describe('print-config', () => {
  it('prints one line for every option', () => {
    expect(lines.map((one) => one.split(' ')[0])).toEqual(OPTIONS.map(({ key }) => key));
  });

  it('aligns values and sources', () => {
    expect(new Set(lines.map((one) => one.indexOf('('))).size).toBe(1);
  });

  it.each([
    ['maxWorkers', 'maxWorkers 8 (--max-workers)'],
    ['minWorkers', 'minWorkers 1 (default)'],
    ['port', 'port off (--listen)'],
    ['listen', 'listen [::1]:1 fd:3 (--listen)'],
    ['allow', 'allow 10.0.0.0/8 (--allow)'],
    ['http', 'http 127.0.0.1:8080 (--http)'],
    ['idleTimeout', 'idleTimeout 5m (--idle-timeout)'],
    ['maxHeaderSize', 'maxHeaderSize 64k (--max-header-size)'],
    ['maxBodySize', 'maxBodySize off (default)'],
    ['socketMode', 'socketMode 0660 (default)'],
    ['socketOwner', 'socketOwner unchanged (default)'],
    ['handler', 'handler built-in demo (default)'],
    ['clearEnv', 'clearEnv off (default)'],
    ['nodeArg', 'nodeArg none (default)'],
    ['env', 'env "A=b\\nc" (--env)'],
  ])('%s: %s', (key, expected) => {
    expect(line(key)).toBe(expected);
  });

  it('says that any peer may connect where no network is named', () => {
    expect(printConfig(resolveConfig({ flags: {}, env: {} }))).toMatch(
      /^allow +any +\(default\)$/m,
    );
  });
});
