/**
 * Gives garbage back to the machine when the cluster has come to rest. V8 collects when it needs memory, and an idle
 * cluster never does: a start leaves a third of the heap behind for hours. A classroom has dozens of such clusters.
 */
import { getHeapStatistics } from 'node:v8'
import type { Clock, Disposable } from './lifecycle.ts'

export interface GarbageOptions {
  clock: Clock
  /** V8's collector, a full collection that gives pages back; takes some 50 ms. */
  collect(): void
  usedBytes?(): number
}

/** The first look, when the workloads of a chapter have started. */
const FIRST_LOOK_MS = 4_000
/** Few, since each is a wake-up of an idle process. */
const LOOK_MS = 20_000
/** Less garbage is not worth a collection. */
const WORTH_BYTES = 6 * 2 ** 20
/** More than this between two looks is work going on: it would only be interrupted. */
const RESTING_BYTES = 2 * 2 ** 20

/** Collects from now on whenever the heap has grown and then rested. */
export function collectAtRest({ clock, collect, usedBytes = heapUsed }: GarbageOptions): Disposable {
  let afterCollection = 0
  let atLastLook = usedBytes()
  let timer = clock.after(FIRST_LOOK_MS, look)
  function look(): void {
    const used = usedBytes()
    const isResting = Math.abs(used - atLastLook) < RESTING_BYTES || afterCollection === 0
    if (isResting && used - afterCollection > WORTH_BYTES) {
      collect()
      afterCollection = usedBytes()
    }
    atLastLook = usedBytes()
    timer = clock.after(LOOK_MS, look)
  }
  return { dispose: () => timer.dispose() }
}

const heapUsed = (): number => getHeapStatistics().used_heap_size

/** V8's own, there under `--expose-gc`; does nothing elsewhere. */
export function collectGarbage(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
