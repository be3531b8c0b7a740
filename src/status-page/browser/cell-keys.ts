// The workers' cells are one stop of the Tab key, however many they are; arrow keys go from one to the next.

const STEPS: Readonly<Record<string, (cells: readonly HTMLElement[], from: number) => number>> = {
  ArrowRight: (_cells, from) => from + 1,
  ArrowLeft: (_cells, from) => from - 1,
  ArrowDown: (cells, from) => from + columns(cells),
  ArrowUp: (cells, from) => from - columns(cells),
  Home: () => 0,
  End: (cells) => cells.length - 1,
};

export function followArrows(): void {
  document.addEventListener('keydown', (event) => {
    const cells = allCells();
    const from = cells.indexOf(event.target as HTMLElement);
    const to = from === -1 ? undefined : cells[STEPS[event.key]?.(cells, from) ?? -1];
    if (to === undefined) return;
    event.preventDefault();
    to.focus();
  });
  document.addEventListener('focusin', () => keepOneStop());
}

/** Call it when cells have come or gone. */
export function keepOneStop(): void {
  const cells = allCells();
  const stop =
    cells.find((cell) => cell === document.activeElement) ??
    cells.find((cell) => cell.tabIndex === 0 && cell.hasAttribute('tabindex')) ??
    cells[0];
  for (const cell of cells) {
    const tabIndex = cell === stop ? '0' : '-1';
    if (cell.getAttribute('tabindex') !== tabIndex) cell.setAttribute('tabindex', tabIndex);
  }
}

function allCells(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('.workers summary')];
}

function columns(cells: readonly HTMLElement[]): number {
  const top = cells[0]?.getBoundingClientRect().top;
  return Math.max(1, cells.filter((cell) => cell.getBoundingClientRect().top === top).length);
}
