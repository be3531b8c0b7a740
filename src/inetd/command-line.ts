// Reads the command line behind `inetd`.

import { parseArgs } from 'node:util';
import { ServerError } from '../errors.ts';
import type { InetdOption, InetdOptions, Operands } from './options.ts';
import { defaultText, flagText, INETD_OPTIONS } from './options.ts';

/** The command line is wrong, as opposed to a value in it. */
export class UsageError extends Error {}

/** As `parseArgs` wants them. */
const FLAGS: NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']> = {
  ...Object.fromEntries(Object.values(INETD_OPTIONS).map(toFlag)),
  help: { type: 'boolean', short: 'h' },
};

type Given = ReturnType<typeof parseArgs>['values'];

/** The command line, taken apart. */
interface Parts extends Operands {
  given: Given;
}

/**
 * Reads the command line behind `inetd`.
 *
 * @returns undefined when help was asked for
 * @throws UsageError, or ServerError `ERR_SCGI_CONFIG` for the value of an option
 */
export function readInetdOptions(args: readonly string[]): InetdOptions | undefined {
  const { given, ...operands } = readProgram(args) ?? readHandler(args);
  if (given['help'] === true) return undefined;
  const parsed = Object.entries(INETD_OPTIONS).map(([key, row]) => [key, valueOf(row, given)]);
  return { ...operands, ...(Object.fromEntries(parsed) as Omit<InetdOptions, keyof Operands>) };
}

/**
 * What stands behind a program is its own, and may look like options of ours.
 *
 * @returns undefined when it is a handler that is to answer
 */
function readProgram(args: readonly string[]): Parts | undefined {
  const { tokens } = parseArgs({ args: [...args], options: FLAGS, strict: false, tokens: true });
  const end = tokens.find(({ kind }) => kind !== 'option');
  const ours = args.slice(0, end?.index);
  const { values } = parse(ours);
  if (!hasProgram(values)) return undefined;
  const behind = args.slice(ours.length);
  return {
    given: values,
    handler: undefined,
    cgiArgs: end?.kind === 'option-terminator' ? behind.slice(1) : behind,
  };
}

function readHandler(args: readonly string[]): Parts {
  const { values, positionals } = parse(args);
  const [handler, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`expected one handler, got ${positionals.join(' ')}`);
  if (hasProgram(values)) {
    const found = `${handler} and --cgi ${String(values['cgi'])}`;
    throw new UsageError(
      `expected a handler or a CGI program, got both: ${found}. Arguments of the program stand behind it.`,
    );
  }
  return { given: values, handler, cgiArgs: [] };
}

function hasProgram(given: Given): boolean {
  return (given['cgi'] ?? INETD_OPTIONS.cgi.default) !== INETD_OPTIONS.cgi.default;
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    // What follows is advice for a file whose name looks like an option.
    const [problem] = (error as Error).message.split('. ', 1);
    throw new UsageError(problem, { cause: error });
  }
}

function toFlag({ flag, valueName, isList = false }: InetdOption<unknown>) {
  const type = valueName === undefined ? 'boolean' : 'string';
  return [flag.slice(2), { type, multiple: isList }] as const;
}

function valueOf(row: InetdOption<unknown>, given: Given): unknown {
  const found = given[row.flag.slice(2)];
  const byDefault = (hasProgram(given) ? row.cgiDefault : undefined) ?? row.default;
  try {
    if (row.isList === true) return ((found ?? []) as string[]).map((text) => row.parse(text));
    return row.parse(found === true ? 'on' : ((found as string | undefined) ?? byDefault));
  } catch (cause) {
    const message = `${row.flag}: ${(cause as Error).message}`;
    throw new ServerError('ERR_SCGI_CONFIG', message, { cause });
  }
}

/** Returns the manual of the command line. */
export function helpText(): string {
  const rows = Object.values(INETD_OPTIONS).map((row: InetdOption<unknown>) => [
    flagText(row),
    `${row.description} (default: ${defaultText(row)})`,
  ]);
  const width = Math.max(...rows.map(([flag = '']) => flag.length));
  const lines = rows.map(([flag = '', text]) => `  ${flag.padEnd(width)}  ${text}\n`);
  return `Usage: scgi-server inetd [options] [handler]
       scgi-server inetd [options] --cgi <program | directory/> [--] [args...]

Serves the connection on standard input, or what comes through the listening socket there.

${lines.join('')}  ${'-h, --help'.padEnd(width)}  print this help
`;
}
