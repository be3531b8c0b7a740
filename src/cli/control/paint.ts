// Colours of the status on a terminal. Pure.

import { styleText } from 'node:util';
import type { Level } from '../../ops/judgement.ts';

type Style = Parameters<typeof styleText>[0];

const STYLES: Record<Level, Style> = {
  good: ['bold', 'green'],
  changing: ['bold', 'cyan'],
  warning: ['bold', 'yellow'],
  bad: ['bold', 'red'],
};

/** Whether somebody wants colours: https://no-color.org */
export function wantsColour({ NO_COLOR }: NodeJS.ProcessEnv): boolean {
  return NO_COLOR === undefined || NO_COLOR === '';
}

/** Paints the first line, which says whether all is well, whatever else Node thinks of its output. */
export function paint(lines: readonly string[], level: Level): string[] {
  const [first = '', ...rest] = lines;
  return [styleText(STYLES[level], first, { validateStream: false }), ...rest];
}
