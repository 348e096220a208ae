/**
 * A cluster's short-lived folder, beside those of other clusters in the machine's temporary folder. A server that was
 * killed could not remove its own: the next one does, once it is sure that the owner is gone.
 */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'meshdojo-'
/** What mkdtemp makes of the prefix; other folders of ours have longer names. */
const NAME = /^meshdojo-[A-Za-z0-9]{6}$/
const OWNER = 'owner'

/** Creates the folder in `parent` and notes who owns it. Its path is short, as a Unix socket's has at most 107 bytes. */
export function makeRuntimeDirectory(parent = tmpdir()): string {
  const directory = mkdtempSync(join(parent, PREFIX))
  writeFileSync(join(directory, OWNER), ownerOf('self') ?? '')
  return directory
}

/** Removes folders whose owner has ended. Those of nobody known, or of another pid namespace, stay. */
export function sweepRuntimeDirectories(parent = tmpdir()): void {
  for (const name of readdirSync(parent).filter(entry => NAME.test(entry))) {
    const directory = join(parent, name)
    if (isAbandoned(directory)) rmSync(directory, { recursive: true, force: true })
  }
}

function isAbandoned(directory: string): boolean {
  try {
    const noted = readFileSync(join(directory, OWNER), 'utf8')
    const [namespace, pid = ''] = noted.split(' ')
    return namespace === readlinkSync('/proc/self/ns/pid') && /^\d+$/.test(pid) && ownerOf(pid) !== noted
  } catch {
    // No note: a folder that is just being made, or somebody else's.
    return false
  }
}

/** A process for good: numbers come again, so the time of its start (field 22 of its stat, in ticks) is part of it. */
function ownerOf(pid: string): string | undefined {
  try {
    const [number = '', rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/ \(.*\) /s)
    return `${readlinkSync('/proc/self/ns/pid')} ${number} ${rest.split(' ')[19]}`
  } catch {
    // It has ended.
    return undefined
  }
}
