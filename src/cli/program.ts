// The command line: commands, options and help, generated from the option table. Does nothing itself.

import { Command, Option } from 'commander';
import { defaultText, GENERAL_OPTIONS, OPTIONS } from '../config/option-table.ts';
import type * as table from '../config/option-table.ts';
import { packageVersion } from '../package-version.ts';
import { controlCommands } from './commands/control.ts';
import { requestCommand } from './commands/request.ts';

/** What was given on the command line: options by key, and those of the command line alone. */
export interface CommandFlags extends Readonly<Record<string, unknown>> {
  readonly config?: string | undefined;
  readonly printConfig?: boolean | undefined;
}

/** What the commands do. */
export interface CommandActions {
  readonly serve: (flags: CommandFlags) => Promise<void>;
  readonly check: (flags: CommandFlags) => Promise<void>;
}

const FOOTER = `
Every option is also a key of the configuration file (maxWorkers) and an environment variable
(SCGI_SERVER_MAX_WORKERS). A flag wins over the environment, that over the file. Times: 500ms,
30s, 5m, 2h; sizes: 64k, 10m, 1g; a bare number is seconds or bytes.

Examples:
  scgi-server --http 8080                           the built-in demo, for a browser
  scgi-server --socket /run/app.sock handler.js     for a web server on this machine
  scgi-server --port 4000 --max-workers 8 handler.js
  scgi-server cgi --port 4000 /usr/lib/cgi-bin/     CGI programs`;

/** Returns the program; what it finds wrong it prints, and throws as `CommanderError`. */
export function createProgram(actions: CommandActions): Command {
  const program = new Command('scgi-server')
    .description('Preforking SCGI application server.')
    .usage('[options] [handler]\n       scgi-server <command> [options]')
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ optionTerm: ({ flags }) => flags.replaceAll(/[<>]/g, '') })
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'scgi-server: ')),
    })
    .addHelpText('after', FOOTER);
  addOptions(program).action(run(actions.serve));
  program.version(packageVersion(), '--version', 'print the version');

  const serve = program.command('serve').description('serve; the command when none is named');
  addOptions(serve).action(run(actions.serve));
  const check = program.command('check').description('check configuration and handler, then exit');
  addOptions(check).action(run(actions.check));
  addCgiCommand(program, actions);
  addInetdCommand(program);
  for (const command of [requestCommand(), ...controlCommands()]) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}

/** `cgi PROGRAM ARGS…` is `serve --cgi PROGRAM --cgi-arg ARG…`, and the arguments may look like options. */
function addCgiCommand(program: Command, actions: CommandActions): void {
  const cgi = program
    .command('cgi')
    .description('run a CGI program for each request, or the one in a directory that it names')
    .usage('[options] <program | directory/> [args...]')
    .argument('<program>', 'program, or directory of programs with a slash at its end')
    .argument('[args...]', 'arguments of the program')
    .passThroughOptions();
  addOptions(cgi, ({ key }) => !['handler', 'cgi', 'cgiArg'].includes(key));
  cgi.action(() => {
    const [path, args] = cgi.processedArgs as [string, string[]];
    return actions.serve({ ...program.opts(), ...cgi.opts(), cgi: path, cgiArg: args });
  });
}

/** For the list of commands alone: as the first word it never gets here, where too much is loaded. */
function addInetdCommand(program: Command): void {
  program
    .command('inetd')
    .description('serve the connection on standard input, under inetd or tcpserver')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => program.error('error: expected "inetd" as the first word, before its options'));
}

/** Options before a command's name count for it as well. */
function run(action: (flags: CommandFlags) => Promise<void>) {
  return (handler: string | undefined, flags: CommandFlags, command: Command): Promise<void> => {
    const given = { ...command.parent?.opts(), ...flags };
    return action(handler === undefined ? given : { ...given, handler });
  };
}

function addOptions(
  command: Command,
  isOffered: (row: table.Option) => boolean = () => true,
): Command {
  for (const row of OPTIONS.filter(isOffered)) {
    if (row.isPositional) command.argument(row.flag, help(row));
    else command.addOption(toOption(row));
  }
  command.optionsGroup('General:');
  for (const { flag, description } of GENERAL_OPTIONS) {
    command.option(flag.replace(/ (.+)/, ' <$1>'), description);
  }
  return command.helpOption('-h, --help', 'print this help');
}

function toOption(row: table.Option): Option {
  const value = row.valueName === undefined ? '' : ` <${row.valueName}>`;
  const option = new Option(row.flag + value, help(row)).helpGroup(row.group);
  if (row.type.shape !== 'list') return option;
  return option.argParser((item, items?: readonly string[]) => [...(items ?? []), item]);
}

function help(row: table.Option): string {
  const words = defaultText(row)?.replaceAll('`', '');
  const repeatable = row.type.shape === 'list' ? ' (repeatable)' : '';
  return `${row.description}${repeatable}${words === undefined ? '' : ` (default: ${words})`}`;
}
