// Every row of the matrix behind the real lighttpd, by config/lighttpd.conf.

import { describe } from 'vitest';
import { hasProgram, TRANSPORTS } from './front.ts';
import { LIGHTTPD_FRONT } from './matrix/fronts.ts';
import { runMatrix } from './matrix/run-matrix.ts';

const TITLE = 'the matrix by config/lighttpd.conf';

describe.skipIf(!hasProgram('lighttpd', TITLE))('the matrix behind lighttpd', () => {
  for (const transport of TRANSPORTS) runMatrix(LIGHTTPD_FRONT, transport);
});
