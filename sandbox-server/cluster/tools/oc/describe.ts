/** Two columns as Go's tabwriter aligns them with tabs, which `oc describe` prints. */

const TAB_WIDTH = 8

/** Rows of a label and a text; one section shares its width. */
export function sectionText(rows: readonly (readonly string[])[]): string {
  const longest = Math.max(...rows.map(([label = '']) => label.length))
  const width = Math.ceil((longest + 1) / TAB_WIDTH) * TAB_WIDTH
  return rows
    .map(([label = '', text = '']) => {
      const tabs = Math.ceil((width - label.length) / TAB_WIDTH)
      return `${label}${'\t'.repeat(tabs)}${text}\n`
    })
    .join('')
}
