/** Where a user's state is kept, by the XDG rules, or where --data says. */
import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { CommandError } from './command-line.ts'

/** Absolute, created, writable. */
export function dataDirectory(wanted: string | undefined): string {
  const base = process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share')
  const directory = wanted === undefined ? join(base, 'meshdojo') : resolve(wanted)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.W_OK)
  } catch {
    throw new CommandError(`cannot write to "${directory}": choose a folder of yours with --data DIR.`)
  }
  return directory
}
