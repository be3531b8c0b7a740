// Every number of a row beside that of one contender: ratios travel between machines better than numbers.

interface Named {
  row: string;
  contender: string;
}

/** Returns the contender of each row to which the others are compared, by the row's name. */
export function chooseReferences(
  results: readonly Named[],
  preferred: readonly string[],
): Map<string, string> {
  const chosen = new Map<string, string>();
  for (const { row, contender } of results) if (!chosen.has(row)) chosen.set(row, contender);
  for (const name of preferred.toReversed()) {
    for (const { row, contender } of results) if (contender === name) chosen.set(row, name);
  }
  return chosen;
}

/** Returns `field` of each result over that of its row's reference, in the order of `results`. */
export function ratios<Result extends Named>(
  results: readonly Result[],
  references: ReadonlyMap<string, string>,
  field: (result: Result) => number,
): number[] {
  return results.map((one) => {
    const name = references.get(one.row);
    const base = results.find(({ row, contender }) => row === one.row && contender === name);
    return base === undefined ? Number.NaN : field(one) / field(base);
  });
}
