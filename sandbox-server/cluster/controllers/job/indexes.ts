/** Completion indexes of Indexed Jobs: `0,2-4` in the status, an annotation on the pod. */
import type { Pod } from '../kinds.ts'

export const INDEX = 'batch.kubernetes.io/job-completion-index'

export const indexOf = (pod: Pod): number | undefined => {
  const text = pod.metadata.annotations?.[INDEX]
  return text === undefined ? undefined : Number(text)
}

export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>()
  for (const part of text ? text.split(',') : []) {
    const [first = 0, last = first] = part.split('-').map(Number)
    for (let index = first; index <= last; index++) indexes.add(index)
  }
  return indexes
}

/** The text with more indexes in it; neighbours become ranges. Undefined stands for none. */
export function addIndexes(text: string | undefined, more: readonly number[]): string | undefined {
  const sorted = [...new Set([...parseIndexes(text), ...more])].sort((a, b) => a - b)
  const ranges: [number, number][] = []
  for (const index of sorted) {
    const last = ranges.at(-1)
    if (last && last[1] === index - 1) last[1] = index
    else ranges.push([index, index])
  }
  return (
    ranges
      .map(([first, last]) =>
        first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`,
      )
      .join(',') || undefined
  )
}
