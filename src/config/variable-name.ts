// How a person names a variable of the environment. Pure.

import { unexpected } from './expectation.ts';

/** Name of a variable that CGI programs may get. */
export function parseVariableName(given: string): string {
  // Programs would take it for the address of their proxy, whoever had set it ("httpoxy").
  if (given === 'HTTP_PROXY') throw unexpected('any variable but that one', given);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(given)) {
    throw unexpected('the name of a variable, without its value', given);
  }
  return given;
}
