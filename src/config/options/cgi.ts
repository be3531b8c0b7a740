// Options: CGI programs that answer the requests, instead of a handler.

import type { OptionRows } from '../option-row.ts';
import { list, orOff, scalar, text, toggle } from '../value-type.ts';
import { parseVariableName } from '../variable-name.ts';

export interface CgiConfig {
  /** Path of a program, or of a directory of them with a slash at its end; `undefined`: a handler answers. */
  readonly cgi: string | undefined;
  /** Arguments of the program. */
  readonly cgiArg: readonly string[];
  /** Names of variables of the workers' environment that programs get. */
  readonly passEnv: readonly string[];
  /** Whether programs get the connection itself as standard input and output. */
  readonly direct: boolean;
}

export const CGI: OptionRows<CgiConfig> = {
  cgi: {
    valueName: 'PATH',
    type: orOff(text('the path of a program, or of a directory with a slash at its end')),
    default: 'off',
    onReload: 'changes',
    description:
      'program that is run for each request, or DIRECTORY/ of them, instead of a handler',
  },
  cgiArg: {
    valueName: 'ARG',
    type: list(scalar(String)),
    onReload: 'changes',
    description: 'argument of the program',
  },
  passEnv: {
    valueName: 'NAME',
    type: list(scalar(parseVariableName)),
    onReload: 'changes',
    description: "variable of the workers' environment that programs get, besides PATH",
  },
  direct: {
    type: toggle(),
    default: 'off',
    onReload: 'changes',
    description: 'native: programs read and write the connection itself; nothing is completed',
  },
};
