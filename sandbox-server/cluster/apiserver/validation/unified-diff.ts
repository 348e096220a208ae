/**
 * Two texts' difference in unified form with three lines of context, as Go's difflib (a port of Python's) finds it: by
 * the longest common run of lines, then the same before and after it. In long texts lines that occur often start no
 * run, which decides between hunks that a shortest difference would put elsewhere.
 */
const CONTEXT_LINES = 3
const POPULAR_FROM_LINES = 200

interface Run {
  a: number
  b: number
  size: number
}

type Change = { aStart: number; aEnd: number; bStart: number; bEnd: number; same: boolean }

/** Hunks without file headers; empty when the texts are the same. */
export function unifiedDiff(before: string, after: string): string {
  const a = before.split('\n')
  const b = after.split('\n')
  return hunks(changes(a, b))
    .map(hunk => hunkText(hunk, a, b))
    .join('')
}

function positionsOf(b: readonly string[]): Map<string, number[]> {
  const positions = new Map<string, number[]>()
  b.forEach((line, index) => {
    const known = positions.get(line)
    if (known) known.push(index)
    else positions.set(line, [index])
  })
  if (b.length >= POPULAR_FROM_LINES) {
    const limit = Math.floor(b.length / 100) + 1
    for (const [line, found] of positions) if (found.length > limit) positions.delete(line)
  }
  return positions
}

function longestRun(
  a: readonly string[],
  b: readonly string[],
  positions: ReadonlyMap<string, number[]>,
  [aLow, aHigh, bLow, bHigh]: readonly [number, number, number, number],
): Run {
  let best: Run = { a: aLow, b: bLow, size: 0 }
  let lengths = new Map<number, number>()
  for (let i = aLow; i < aHigh; i++) {
    const next = new Map<number, number>()
    for (const j of positions.get(a[i] ?? '') ?? []) {
      if (j < bLow || j >= bHigh) continue
      const size = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, size)
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size }
    }
    lengths = next
  }
  let { a: i, b: j, size } = best
  while (i > aLow && j > bLow && a[i - 1] === b[j - 1]) {
    i--
    j--
    size++
  }
  while (i + size < aHigh && j + size < bHigh && a[i + size] === b[j + size]) size++
  return { a: i, b: j, size }
}

function commonRuns(a: readonly string[], b: readonly string[]): Run[] {
  const positions = positionsOf(b)
  const runs: Run[] = []
  const pending: [number, number, number, number][] = [[0, a.length, 0, b.length]]
  for (let range = pending.pop(); range; range = pending.pop()) {
    const [aLow, aHigh, bLow, bHigh] = range
    const run = longestRun(a, b, positions, range)
    if (run.size === 0) continue
    runs.push(run)
    if (aLow < run.a && bLow < run.b) pending.push([aLow, run.a, bLow, run.b])
    if (run.a + run.size < aHigh && run.b + run.size < bHigh)
      pending.push([run.a + run.size, aHigh, run.b + run.size, bHigh])
  }
  return runs.sort((x, y) => x.a - y.a || x.b - y.b)
}

function changes(a: readonly string[], b: readonly string[]): Change[] {
  const result: Change[] = []
  let i = 0
  let j = 0
  for (const run of [...commonRuns(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (i < run.a || j < run.b) result.push({ aStart: i, aEnd: run.a, bStart: j, bEnd: run.b, same: false })
    i = run.a + run.size
    j = run.b + run.size
    if (run.size > 0) result.push({ aStart: run.a, aEnd: i, bStart: run.b, bEnd: j, same: true })
  }
  return result
}

/** Changes that are near one another, with the lines around them. */
function hunks(all: readonly Change[]): Change[][] {
  const result: Change[][] = []
  let current: Change[] = []
  all.forEach((change, index) => {
    if (!change.same) {
      current.push(change)
      return
    }
    const { aStart, aEnd, bStart, bEnd } = change
    const head = {
      ...change,
      aEnd: Math.min(aEnd, aStart + CONTEXT_LINES),
      bEnd: Math.min(bEnd, bStart + CONTEXT_LINES),
    }
    const tail = {
      ...change,
      aStart: Math.max(aStart, aEnd - CONTEXT_LINES),
      bStart: Math.max(bStart, bEnd - CONTEXT_LINES),
    }
    const isFirst = index === 0
    const isLast = index === all.length - 1
    if (isFirst) current.push(tail)
    else if (isLast) current.push(head)
    else if (aEnd - aStart > 2 * CONTEXT_LINES) {
      result.push([...current, head])
      current = [tail]
    } else current.push(change)
  })
  if (current.some(change => !change.same)) result.push(current)
  return result
}

function range(start: number, end: number): string {
  const count = end - start
  if (count === 1) return `${start + 1}`
  return count === 0 ? `${start},0` : `${start + 1},${count}`
}

function hunkText(hunk: readonly Change[], a: readonly string[], b: readonly string[]): string {
  const first = hunk[0]
  const last = hunk.at(-1)
  if (!first || !last) return ''
  const lines = [`@@ -${range(first.aStart, last.aEnd)} +${range(first.bStart, last.bEnd)} @@`]
  for (const { aStart, aEnd, bStart, bEnd, same } of hunk) {
    const show = (sign: string, from: readonly string[]): void =>
      void lines.push(...from.map(line => `${sign}${line}`))
    if (same) show(' ', a.slice(aStart, aEnd))
    else {
      show('-', a.slice(aStart, aEnd))
      show('+', b.slice(bStart, bEnd))
    }
  }
  return lines.map(line => `${line}\n`).join('')
}
