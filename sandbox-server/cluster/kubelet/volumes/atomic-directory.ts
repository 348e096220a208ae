/**
 * A volume of files that appear and change together, laid out as kubelet's AtomicWriter does: `..data` is a link to a
 * dated directory and is replaced in one rename.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

export interface VolumeFile {
  content: Buffer
  mode: number
}

/** Makes `directory` hold exactly `files` (paths relative to it). */
export function writeAtomically(directory: string, files: ReadonlyMap<string, VolumeFile>): void {
  mkdirSync(directory, { recursive: true })
  const stamp = `..${new Date().toISOString().replace(/\W/g, '_')}${process.hrtime.bigint() % 1_000_000n}`
  const target = join(directory, stamp)
  mkdirSync(target)
  for (const [path, file] of files) {
    mkdirSync(dirname(join(target, path)), { recursive: true })
    writeFileSync(join(target, path), file.content, { mode: file.mode })
  }
  const data = join(directory, '..data')
  const previous = existsSync(data) ? readlinkSync(data) : undefined
  symlinkSync(stamp, join(directory, '..data_tmp'))
  renameSync(join(directory, '..data_tmp'), data)
  if (previous !== undefined) rmSync(join(directory, previous), { recursive: true, force: true })
  linkTopLevel(directory, files)
}

function linkTopLevel(directory: string, files: ReadonlyMap<string, VolumeFile>): void {
  const wanted = new Set([...files.keys()].map(path => path.split('/')[0] ?? path))
  for (const present of readdirSync(directory)) {
    if (present.startsWith('..')) continue
    if (!wanted.delete(present)) rmSync(join(directory, present), { recursive: true, force: true })
  }
  for (const name of wanted) symlinkSync(join('..data', name), join(directory, name))
}
