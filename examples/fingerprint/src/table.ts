/** Formats a table. The first row is the header. The first column is left-aligned, the others are right-aligned. */
export function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  '),
  )
  return [lines[0], '─'.repeat(lines[0]!.length), ...lines.slice(1)].join('\n')
}
