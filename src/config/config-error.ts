// The one error of a configuration that cannot be used: every problem in it, at once.

import { ServerError } from '../errors.ts';

/** The configuration cannot be used. */
export class ConfigError extends ServerError {
  /** All problems, each a line: where it is (flag, variable, file and key), what was expected, what was got. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super('ERR_SCGI_CONFIG', problems.join('\n'), options);
    this.problems = problems;
  }
}
