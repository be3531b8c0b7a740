// The command that sends one SCGI request and prints the answer: its options and help.

import { Command, InvalidArgumentError, Option } from 'commander';
import { OPTIONS } from '../../config/option-table.ts';
import { parseDuration } from '../../config/units.ts';

const DEFAULT_MAX_TIME_MS = 30_000;

const ADDRESS_OPTIONS = {
  port: 'TCP port of the server (default: 4000)',
  host: 'address of the server (default: 127.0.0.1)',
  socket: 'Unix socket of the server',
  listen: 'host:port, [v6]:port or unix:/path of the server',
} as const;

const HELP = `
The server is the one that the same options, environment and configuration file would start; of
several addresses, the one that is given most directly, else the first.

Exit codes: 0 status below 400; 22 status 400 or above; 64 usage; 69 cannot connect; 75 timed
out; 76 no valid answer, or one that was cut short; 78 configuration. So it serves as a health check:
  scgi-server request --socket /run/app.sock --max-time 2s /health >/dev/null

Examples:
  scgi-server request /                             GET from 127.0.0.1:4000
  scgi-server request -i -H 'Accept: text/html' '/search?q=x'
  scgi-server request -d @form.txt --env REMOTE_USER=ann /save`;

/** Options that name the server, and the file that may. */
type AddressFlags = {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly socket?: string;
  readonly listen?: readonly string[];
};

/** Options as commander hands them over. */
interface RequestFlags extends AddressFlags {
  readonly request?: string;
  readonly header?: readonly string[];
  readonly data?: string;
  readonly include?: true;
  readonly output?: string;
  readonly env?: readonly string[];
  /** Milliseconds. */
  readonly maxTime: number;
}

/** Returns the `request` command; it sets the exit code of the process. */
export function requestCommand(): Command {
  const command = new Command('request')
    .description('send one SCGI request to a server and print the answer')
    .argument('[path]', 'path, with or without a query', '/')
    .option('-X, --request <METHOD>', 'method (default: GET, with --data POST)')
    .option('-H, --header <LINE>', "'Name: value' (repeatable)", append)
    .option('-d, --data <DATA>', 'body: text, @FILE, or @- for standard input; sent as it is')
    .option('-i, --include', 'print the head of the answer as well')
    .option('-o, --output <FILE>', 'write the answer to a file')
    .option('--env <NAME=VALUE>', 'meta-variable, overrides any other (repeatable)', append)
    .addOption(maxTimeOption())
    .option('--config <FILE>', 'configuration file that names the address')
    .addHelpText('after', HELP);
  for (const option of addressOptions()) command.addOption(option);
  return command.action(async (path: string, flags: RequestFlags) => {
    process.exitCode = await run(path, flags, command.parent?.opts() ?? {});
  });
}

/** Imports late: other commands need none of it. */
async function run(path: string, flags: RequestFlags, before: AddressFlags): Promise<number> {
  const { loadConfig } = await import('../load-config.ts');
  const { runRequest } = await import('../../client/run-request.ts');
  const { serverAddress } = await import('../../client/server-address.ts');
  return runRequest(
    {
      address: serverAddress(await loadConfig(addressFlags({ ...before, ...flags }))),
      method: flags.request ?? (flags.data === undefined ? 'GET' : 'POST'),
      target: path,
      headers: flags.header ?? [],
      env: flags.env ?? [],
      data: flags.data,
      include: flags.include ?? false,
      output: flags.output,
      maxTimeMs: flags.maxTime,
    },
    process,
  );
}

/** Options before the command's name count as well, but only those that name the server. */
function addressFlags({ config, host, port, socket, listen }: AddressFlags): AddressFlags {
  const given = Object.entries({ config, host, port, socket, listen });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function addressOptions(): Option[] {
  return OPTIONS.filter(({ key }) => key in ADDRESS_OPTIONS).map((row) => {
    const description = ADDRESS_OPTIONS[row.key as keyof typeof ADDRESS_OPTIONS];
    const option = new Option(`${row.flag} <${row.valueName}>`, description);
    return row.type.shape === 'list' ? option.argParser(append) : option;
  });
}

function append(item: string, items: readonly string[] = []): readonly string[] {
  return [...items, item];
}

function maxTimeOption(): Option {
  return new Option('-m, --max-time <DURATION>', 'longest time for everything')
    .argParser(toMaxTime)
    .default(DEFAULT_MAX_TIME_MS, '30s');
}

function toMaxTime(text: string): number {
  try {
    return parseDuration(text, 1);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
