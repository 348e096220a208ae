/** Columns as Go's text/tabwriter aligns them with padding characters: a cell is ended by a tab, the last one is not padded. */

export interface TabwriterOptions {
  /** Added to the widest cell of a column. */
  padding: number
  minWidth?: number
}

/** Cells a column has in common are aligned over adjacent rows that have the column at all. Returns lines with newlines. */
export function tabulate(
  rows: readonly (readonly string[])[],
  { padding, minWidth = 0 }: TabwriterOptions,
): string {
  const widths: number[][] = rows.map(() => [])
  align(rows, widths, 0, rows.length, 0, padding, minWidth)
  return rows
    .map(
      (cells, row) =>
        `${cells.map((cell, column) => (column < cells.length - 1 ? cell.padEnd(widths[row]?.[column] ?? 0) : cell)).join('')}\n`,
    )
    .join('')
}

/** A block of rows that have `column` (as a column that a tab ends) shares its width; wider columns inside recurse. */
function align(
  rows: readonly (readonly string[])[],
  widths: number[][],
  from: number,
  to: number,
  column: number,
  padding: number,
  minWidth: number,
): void {
  for (let row = from; row < to; row++) {
    if (column >= (rows[row]?.length ?? 0) - 1) continue
    let end = row
    let width = minWidth
    while (end < to && column < (rows[end]?.length ?? 0) - 1) {
      const length = rows[end]?.[column]?.length ?? 0
      width = Math.max(width, length + padding)
      end++
    }
    // An empty column keeps its padding (tabwriter.DiscardEmptyColumns would drop it).
    for (const shared of widths.slice(row, end)) shared[column] = width
    align(rows, widths, row, end, column + 1, padding, minWidth)
    row = end - 1
  }
}
