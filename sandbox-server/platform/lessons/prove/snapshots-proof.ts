/** The snapshots beside a chapter: written anew, or shown to be what the solutions leave and what a jump brings about. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepGround } from '../../checks/step-ground.ts'
import { type ClusterState, type ClusterStates, differences } from '../state/cluster-state.ts'
import { comparable, readSnapshots, recordSnapshots, SNAPSHOTS_FILE, wantedOf } from '../state/snapshot.ts'
import { NotProven } from './proof.ts'

export interface SnapshotsProofOptions {
  /** The chapter's, absolute. */
  folder: string
  /** The learner's own. */
  namespace: string
  states: ClusterStates
  ground: StepGround
  /** What each step found in this proof, by id. */
  starts: ReadonlyMap<string, ClusterState>
}

export async function writeSnapshots({ folder, starts, namespace }: SnapshotsProofOptions): Promise<void> {
  await writeFile(join(folder, SNAPSHOTS_FILE), recordSnapshots(starts, namespace))
}

/** Undefined where nothing was recorded. */
export const snapshotsOf = (folder: string): Promise<string | undefined> =>
  readFile(join(folder, SNAPSHOTS_FILE), 'utf8').catch(() => undefined)

const REMEDY = 'Record anew: npx meshdojo lessons prove CHAPTER --record'

/** Rejects with NotProven. The cluster is left as after the jump. */
export async function proveSnapshot(
  step: string,
  text: string,
  options: SnapshotsProofOptions,
): Promise<void> {
  const { folder, namespace, states, ground, starts } = options
  const recorded = readSnapshots(text, namespace).get(step)
  const found = starts.get(step)
  if (!recorded || !found) throw new NotProven(`${SNAPSHOTS_FILE} has no step ${step}.\n${REMEDY}`)
  const same = (now: ClusterState, what: string) => {
    const wanted = wantedOf(recorded, now, namespace, true)
    const left = differences(comparable(now), comparable(wanted))
    if (left.length > 0) throw new NotProven(`${what}:\n  ${left.join('\n  ')}\n${REMEDY}`)
  }
  same(found, `${SNAPSHOTS_FILE} is not what the solutions before leave`)
  await ground.jump(folder, step)
  same(await states.read(), 'a jump does not bring about what was recorded')
}
