// config/launchd.plist, as far as it can be tested without macOS: its form, its keys, and its command.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { adaptSample } from '../helpers/config-sample.ts';
import { BIN, HANDLERS } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { hasProgram } from './front.ts';

type Value = string | number | boolean | Value[] | { [key: string]: Value };

/** The keys of launchd.plist(5) that are of use for a daemon without sockets of launchd's, and their types. */
const KEYS: Record<string, string> = {
  AbandonProcessGroup: 'boolean',
  EnvironmentVariables: 'object',
  ExitTimeOut: 'number',
  GroupName: 'string',
  HardResourceLimits: 'object',
  InitGroups: 'boolean',
  KeepAlive: 'boolean',
  Label: 'string',
  Nice: 'number',
  ProcessType: 'string',
  Program: 'string',
  ProgramArguments: 'array',
  RootDirectory: 'string',
  RunAtLoad: 'boolean',
  SoftResourceLimits: 'object',
  StandardErrorPath: 'string',
  StandardInPath: 'string',
  StandardOutPath: 'string',
  ThrottleInterval: 'number',
  Umask: 'number',
  UserName: 'string',
  WorkingDirectory: 'string',
};

function convert(input: string | Buffer, format: string): Buffer {
  const { status, stdout, stderr } = spawnSync('plistutil', ['-i', '-', '-f', format], { input });
  if (status !== 0) throw new Error(`plistutil: ${stderr.toString()}`);
  return stdout;
}

/** Parses a property list, by way of the binary form: plistutil passes text on as it is. */
function parse(text: string): Value {
  const tokens =
    convert(convert(text, 'bin'), 'xml')
      .toString()
      .match(/<[^>]+>|[^<>]+/g) ?? [];
  const words = tokens.map((token) => token.trim()).filter((token) => token !== '');
  const start = words.findIndex((word) => word.startsWith('<plist'));
  return read(words.slice(start + 1));
}

/** Takes one value from the front of `words`. */
function read(words: string[]): Value {
  const tag = words.shift();
  switch (tag) {
    case '<true/>':
    case '<false/>':
      return tag === '<true/>';
    case '<string>':
    case '<integer>': {
      const [text = ''] = words.splice(0, 2);
      return tag === '<string>' ? text : Number(text);
    }
    case '<array>': {
      const items: Value[] = [];
      while (words[0] !== '</array>') items.push(read(words));
      words.shift();
      return items;
    }
    case '<dict>': {
      const entries: [string, Value][] = [];
      while (words[0] === '<key>') {
        const [, key = ''] = words.splice(0, 3);
        entries.push([key, read(words)]);
      }
      words.shift();
      return Object.fromEntries(entries);
    }
    default:
      throw new Error(`unknown in a property list: ${tag}`);
  }
}

const sample = (): Record<string, Value> =>
  parse(adaptSample('launchd.plist', [])) as Record<string, Value>;

const CAN_BE_PARSED = hasProgram('plistutil', 'config/launchd.plist');

describe.skipIf(!CAN_BE_PARSED)('config/launchd.plist', () => {
  it('is a property list with keys that launchd knows, of the right types', () => {
    const types = Object.entries(sample()).map(([key, value]) => [
      key,
      Array.isArray(value) ? 'array' : typeof value,
    ]);
    expect(Object.fromEntries(types)).toEqual(
      Object.fromEntries(types.map(([key = '']) => [key, KEYS[key]])),
    );
  });

  it('keeps the server running, gives it time to stop, and names whole paths', () => {
    const { KeepAlive, RunAtLoad, ExitTimeOut, ProgramArguments, UserName, ...rest } = sample();
    expect([KeepAlive, RunAtLoad]).toEqual([true, true]);
    expect(ExitTimeOut).toBeGreaterThan(30);
    expect(UserName).not.toBe('root');
    const [node, server] = ProgramArguments as string[];
    const handler = (ProgramArguments as string[]).at(-1);
    for (const file of [
      node,
      server,
      handler,
      rest['WorkingDirectory'],
      rest['StandardErrorPath'],
    ]) {
      expect(file).toMatch(/^\//);
    }
  });

  it('has a command that the server takes, and that loads the handler', () => {
    const cwd = tempDir();
    fs.copyFileSync(path.join(HANDLERS, 'hello.mjs'), path.join(cwd, 'hello.mjs'));
    const adapted = adaptSample('launchd.plist', [
      ['/usr/local/bin/node', process.execPath],
      ['/usr/local/bin/scgi-server', BIN],
      ['/Users/Shared/app', cwd],
    ]);
    const { ProgramArguments } = parse(adapted) as { ProgramArguments: [string, ...string[]] };
    const [command, server = '', ...args] = ProgramArguments;
    const { status, stdout, stderr } = spawnSync(command, [server, 'check', ...args], {
      cwd,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('listeners: 127.0.0.1:4000\n');
    expect(stdout).toContain(`handler: ok, ${cwd}/hello.mjs\n`);
  });
});
