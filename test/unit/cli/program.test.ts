import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { type CommandFlags, createProgram } from '../../../src/cli/program.ts';
import { OPTIONS } from '../../../src/config/option-table.ts';

interface Outcome {
  /** Command and flags that would have run. */
  ran?: [string, CommandFlags];
  error?: CommanderError;
  printed: string;
}

/** Parses a command line without doing what it says. */
async function parse(...args: string[]): Promise<Outcome> {
  const outcome: Outcome = { printed: '' };
  const record = (name: string) => async (flags: CommandFlags) => {
    outcome.ran = [name, flags];
  };
  const program = createProgram({ serve: record('serve'), check: record('check') });
  for (const command of [program, ...program.commands]) {
    const write = (text: string) => void (outcome.printed += text);
    command.configureOutput({ writeOut: write, writeErr: write, getOutHelpWidth: () => 200 });
  }
  try {
    await program.parseAsync(['node', 'scgi-server', ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    outcome.error = error;
  }
  return outcome;
}

describe('program', () => {
  it.each([
    [[], 'serve', {}],
    [['handler.js'], 'serve', { handler: 'handler.js' }],
    [['handler.js', '--port', '1'], 'serve', { handler: 'handler.js', port: '1' }],
    [['serve', 'handler.js'], 'serve', { handler: 'handler.js' }],
    [['check'], 'check', {}],
    [
      ['--port', '1', 'check', '--host', 'h', 'a.js'],
      'check',
      { port: '1', host: 'h', handler: 'a.js' },
    ],
    [['--port', '1', 'check', '--port', '2'], 'check', { port: '2' }],
    [
      ['--listen', 'a:1', '--listen=b:2', 'h.js'],
      'serve',
      { listen: ['a:1', 'b:2'], handler: 'h.js' },
    ],
    [['--node-arg', '--a', '--node-arg=--b=1'], 'serve', { nodeArg: ['--a', '--b=1'] }],
    [['--clear-env', 'h.js'], 'serve', { clearEnv: true, handler: 'h.js' }],
    [['--http', '[::1]:80', '--config', 'c.json'], 'serve', { http: '[::1]:80', config: 'c.json' }],
    [['--print-config'], 'serve', { printConfig: true }],
    [['cgi', 'a.cgi'], 'serve', { cgi: 'a.cgi', cgiArg: [] }],
    [
      ['--port', '1', 'cgi', '--pass-env', 'A', 'a.cgi', '--port', '2', '-x', 'b'],
      'serve',
      { port: '1', passEnv: ['A'], cgi: 'a.cgi', cgiArg: ['--port', '2', '-x', 'b'] },
    ],
    [['check', '--cgi', 'bin/'], 'check', { cgi: 'bin/' }],
  ])('%j runs %s with %j', async (args, command, flags) => {
    expect((await parse(...args)).ran).toEqual([command, flags]);
  });

  it('takes every option of the table', async () => {
    const flags = OPTIONS.filter(({ isPositional }) => !isPositional);
    for (const { key, flag, valueName } of flags) {
      const { ran } = await parse(flag, ...(valueName === undefined ? [] : ['x']));
      expect(Object.keys(ran?.[1] ?? {})).toEqual([key]);
    }
  });

  it.each([
    [['--max-worker', '3'], "unknown option '--max-worker'\n(Did you mean --max-workers?)\n"],
    [['check', '--prot', '3'], "unknown option '--prot'\n(Did you mean --port?)\n"],
    [['request', '--prot', '3'], "unknown option '--prot'\n(Did you mean --port?)\n"],
    [['cgi'], "missing required argument 'program'\n"],
    [['cgi', '--cgi-arg', 'x', 'a.cgi'], "unknown option '--cgi-arg'\n"],
    [['a.js', 'b.js'], 'too many arguments. Expected 1 argument but got 2.\n'],
    [['--port'], "option '--port <N>' argument missing\n"],
  ])('refuses %j', async (args, message) => {
    const { ran, error, printed } = await parse(...args);
    expect(ran).toBeUndefined();
    expect(error?.exitCode).toBe(1);
    expect(printed).toBe(`scgi-server: ${message}`);
  });

  it('prints help with groups, defaults, names of variables and an example', async () => {
    const { error, printed } = await parse('--help');
    expect(error?.exitCode).toBe(0);
    for (const { flag, group } of OPTIONS) {
      expect(printed).toContain(flag.replace(/^\[(.*)\]$/, '$1'));
      expect(printed).toContain(`\n${group}\n`);
    }
    expect(printed).toMatch(
      /--max-workers N +most workers \(default: WEB_CONCURRENCY or 5; for CGI 1\)/,
    );
    expect(printed).toContain('SCGI_SERVER_MAX_WORKERS');
    expect(printed).toContain('scgi-server --http 8080');
    expect(printed).toMatch(/^ {2}request /m);
  });

  it('prints the version of the package', async () => {
    const { error, printed } = await parse('--version');
    expect(error?.exitCode).toBe(0);
    expect(printed).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
