// All rows of the matrix.

import type { MatrixCase } from './case.ts';
import { REQUESTS } from './requests.ts';
import { RESPONSES } from './responses.ts';

export const MATRIX: readonly MatrixCase[] = [...REQUESTS, ...RESPONSES];
