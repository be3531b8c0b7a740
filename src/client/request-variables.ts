// From options in curl's style to the meta-variables of a request, as nginx would send them. Pure.

import { ServerError } from '../errors.ts';
import { environmentOf, type MetaVariable } from '../http-gateway/environment.ts';

/** A request in the words of curl; strings as typed on a command line (UTF-8). */
export interface RequestDescription {
  readonly method: string;
  /** Path, with or without a query. */
  readonly target: string;
  /** `Name: value` each. */
  readonly headers: readonly string[];
  /** `NAME=VALUE` each; they override everything else. */
  readonly env: readonly string[];
  /** There is a body: it gets the content type that curl gives it. */
  readonly hasBody: boolean;
}

const DEFAULT_HEADERS = ['Host', 'localhost', 'User-Agent', 'scgi-server'];
const FORM = 'application/x-www-form-urlencoded';
const HEADER_NAME = /^[!#$%&'*+.^`|~0-9A-Za-z-]+$/;

/**
 * Builds the meta-variables, without CONTENT_LENGTH and SCGI.
 *
 * @returns latin-1 strings
 * @throws ServerError `ERR_SCGI_CONFIG` for an option that makes no sense; its message names it
 */
export function requestVariables(description: RequestDescription): MetaVariable[] {
  const variables = new Map(baseVariables(description));
  if (description.hasBody) variables.set('CONTENT_TYPE', FORM);
  for (const [name, value] of headerVariables(description.headers)) variables.set(name, value);
  for (const assignment of description.env) {
    const [name, value] = split(assignment, '=', '--env expects NAME=VALUE');
    if (name === 'CONTENT_LENGTH' || name === 'SCGI') {
      throw usageError(`--env cannot set ${name}: it follows from the request`);
    }
    variables.set(name, value);
  }
  return [...variables];
}

function baseVariables({ method, target }: RequestDescription): MetaVariable[] {
  const request = {
    method: toBytes(method),
    target: toBytes(target),
    httpVersion: '1.1',
    rawHeaders: DEFAULT_HEADERS,
    remoteAddress: '127.0.0.1',
    remotePort: 0,
  };
  try {
    return environmentOf(request, { host: 'localhost', port: 80 });
  } catch (cause) {
    throw usageError(`expected a path such as /a/b?c=d, got ${JSON.stringify(target)}`, { cause });
  }
}

function headerVariables(headers: readonly string[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const header of headers) {
    const [name, value] = split(header, ':', '--header expects "Name: value"');
    // A name with `_` would take the place of the one with `-`; front servers drop it.
    if (!HEADER_NAME.test(name)) {
      throw usageError(`--header: ${JSON.stringify(name)} is no header name; see --env`);
    }
    const variable = variableOf(name);
    const previous = variables.get(variable);
    const separator = variable === 'HTTP_COOKIE' ? '; ' : ', ';
    const trimmed = value.trim();
    variables.set(variable, previous === undefined ? trimmed : previous + separator + trimmed);
  }
  return variables;
}

function variableOf(headerName: string): string {
  const name = headerName.toUpperCase().replaceAll('-', '_');
  if (name === 'CONTENT_LENGTH') {
    throw usageError('--header cannot set Content-Length: it follows from the request');
  }
  return name === 'CONTENT_TYPE' ? name : `HTTP_${name}`;
}

function split(text: string, separator: string, expectation: string): [string, string] {
  const at = text.indexOf(separator);
  if (at < 1) throw usageError(`${expectation}, got ${JSON.stringify(text)}`);
  return [toBytes(text.slice(0, at)), toBytes(text.slice(at + 1))];
}

function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function usageError(message: string, options?: ErrorOptions): ServerError {
  return new ServerError('ERR_SCGI_CONFIG', message, options);
}
