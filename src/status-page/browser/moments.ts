// The moment that the reader points at, with a mouse, a finger or the arrow keys. It is the same in all charts.

import { momentAt } from '../view/chart.ts';

/** @param choose - told the share of the charts' width, 0 to 1; `undefined`: now */
export function followPointer(choose: (share: number | undefined) => void): void {
  document.addEventListener('pointermove', ({ target, clientX, pointerType }) => {
    const plot = pointerType === 'touch' ? null : plotOf(target);
    const box = plot?.getBoundingClientRect();
    if (box !== undefined && box.width > 0) choose((clientX - box.left) / box.width);
  });
  document.addEventListener('pointerout', ({ target, relatedTarget }) => {
    if (plotOf(target) !== null && plotOf(relatedTarget) === null) choose(undefined);
  });
  document.addEventListener('input', ({ target }) => {
    if (isMoment(target)) choose(target.valueAsNumber / Number(target.max));
  });
  document.addEventListener('focusout', ({ target }) => {
    if (isMoment(target)) choose(undefined);
  });
}

/** Returns the moment at this share; `undefined` for the newest, which goes on. */
export function toMoment(share: number | undefined, end: number): number | undefined {
  const moment = share === undefined ? end : momentAt(share, end);
  return moment >= end ? undefined : moment;
}

function plotOf(target: EventTarget | null): Element | null {
  return target instanceof Element ? target.closest('.plot') : null;
}

function isMoment(target: EventTarget | null): target is HTMLInputElement {
  return target instanceof HTMLInputElement && target.classList.contains('moment');
}
