// The verdict where it can be seen without looking at the page: in the title and the sign of its tab.

import { verdictSign } from '../view/signs.ts';
import type { Verdict, VerdictLevel } from '../view/verdict.ts';
import { createNode } from './patch.ts';

const COLOURS: Record<VerdictLevel, string> = {
  good: '#1f9d5c',
  changing: '#7c5cc4',
  warning: '#c98a04',
  bad: '#d23b30',
  lost: '#707880',
};

export function showInTab({ level, headline }: Verdict): void {
  document.title = `${headline} · scgi-server`;
  const sign = createNode(verdictSign(level)) as SVGElement;
  sign.setAttribute('color', COLOURS[level]);
  for (const mark of sign.querySelectorAll('.mark')) mark.setAttribute('stroke', '#fff');
  const drawing = new XMLSerializer().serializeToString(sign);
  const icon = document.querySelector('link[rel=icon]');
  icon?.setAttribute('href', `data:image/svg+xml,${encodeURIComponent(drawing)}`);
}
