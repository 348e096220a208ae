/** Where the machine's programs are that containers are made with. */
import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'

const ALSO = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin']

/** A program of the machine that is not installed. */
export class MissingProgramError extends Error {
  override readonly name = 'MissingProgramError'
}

const found = new Map<string, string>()

/** The absolute path of a program; throws MissingProgramError. */
export function programPath(name: string): string {
  const known = found.get(name)
  if (known) return known
  const path = [...(process.env.PATH ?? '').split(':'), ...ALSO]
    .filter(directory => directory.startsWith('/'))
    .map(directory => join(directory, name))
    .find(isExecutable)
  if (!path)
    throw new MissingProgramError(`${name} is not installed: \`npx meshdojo doctor\` says how to get it`)
  found.set(name, path)
  return path
}

/** Whether `path` (links followed) is a file that may be executed. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // Absent or not permitted: no.
    return false
  }
}
