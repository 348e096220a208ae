/** Short texts of `lesson.yaml` as HTML: what stands between backticks is code, nothing else is markup. */
export const inlineCode = (text: string): string =>
  text
    .replace(/[&<]/g, character => (character === '&' ? '&amp;' : '&lt;'))
    .replace(/`([^`]+)`/g, '<code>$1</code>')
