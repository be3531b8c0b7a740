// Contrast of texts as a browser shows them (WCAG 2.2, 1.4.3).

import type { Page } from 'playwright-core';

/** What a text needs at least, whatever its size. */
export const AA = 4.5;

/** Returns the contrast of each element that matches, with the text it has, lowest first. */
export function contrasts(
  page: Page,
  selector: string,
): Promise<{ text: string; ratio: number }[]> {
  return page.$$eval(selector, (elements) => {
    const context = document
      .createElement('canvas')
      .getContext('2d', { willReadFrequently: true })!;
    const paint = (colours: readonly string[]): number[] => {
      context.clearRect(0, 0, 1, 1);
      for (const colour of colours) {
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
      }
      return [...context.getImageData(0, 0, 1, 1).data];
    };
    const measure = (colours: readonly string[]): number => {
      const [red = 0, green = 0, blue = 0] = paint(colours)
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const known = new Map<string, number>();
    const luminance = (colours: readonly string[]): number => {
      const name = colours.join();
      const found = known.get(name) ?? measure(colours);
      known.set(name, found);
      return found;
    };
    const behind = (element: Element | null): string[] =>
      element === null
        ? ['white']
        : [...behind(element.parentElement), getComputedStyle(element).backgroundColor];
    return elements
      .map((element) => {
        const ground = behind(element);
        const [light = 0, dark = 0] = [
          luminance(ground),
          luminance([...ground, getComputedStyle(element).color]),
        ].sort((a, b) => b - a);
        return { text: element.textContent ?? '', ratio: (light + 0.05) / (dark + 0.05) };
      })
      .sort((a, b) => a.ratio - b.ratio);
  });
}
