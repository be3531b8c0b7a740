// Options for the work on an application, not for production.

import { type HttpAddress, parseHttpAddress } from '../http-address.ts';
import { formatHostPort } from '../listen-address.ts';
import type { OptionRows } from '../option-row.ts';
import { orOff, scalar, toggle } from '../value-type.ts';

export interface DevelopmentConfig {
  /** Where the development gateway takes HTTP; `undefined`: no gateway. */
  readonly http: HttpAddress | undefined;
  /** Whether workers are replaced when a file of the handler's changes. */
  readonly watch: boolean;
}

export const DEVELOPMENT: OptionRows<DevelopmentConfig> = {
  http: {
    valueName: '[HOST:]PORT',
    type: orOff(scalar(parseHttpAddress, formatHostPort)),
    default: 'off',
    onReload: 'stays',
    description: 'development: take HTTP there, so that a browser works without a web server',
  },
  watch: {
    type: toggle(),
    default: 'off',
    onReload: 'stays',
    description:
      'development: replace workers when the handler, or a file that it imports, changes',
  },
};
