/**
 * Making PGlite's files takes seconds and a gigabyte, so it is done once: at set-up, into a template that each data
 * folder copies; or, without a template, in a thread that ends with what it took.
 */
import { once } from 'node:events'
import { constants, existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

/** PostgreSQL's own sign of a data folder. */
const SIGN = 'PG_VERSION'
const STAMP = 'meshdojo-template.json'

/** `directory` is a data folder afterwards; one that is there stays as it is. */
export async function ensurePgliteFiles(directory: string, template: string | undefined): Promise<void> {
  if (existsSync(join(directory, SIGN))) return
  if (template === undefined || !fits(template)) return makeFiles(directory)
  // Whole or not at all: a server killed meanwhile begins again.
  const unfinished = `${directory}.new`
  await rm(unfinished, { recursive: true, force: true })
  await cp(join(template, 'files'), unfinished, { recursive: true, mode: constants.COPYFILE_FICLONE })
  await rm(directory, { recursive: true, force: true })
  await rename(unfinished, directory)
}

/** Makes the template anew when it is of another version. True when it did. */
export async function makePgliteTemplate(template: string): Promise<boolean> {
  if (fits(template)) return false
  await rm(template, { recursive: true, force: true })
  await mkdir(template, { recursive: true })
  await makeFiles(join(template, 'files'))
  await writeFile(join(template, STAMP), JSON.stringify({ pglite: pgliteVersion() }))
  return true
}

function fits(template: string): boolean {
  try {
    const stamp: unknown = JSON.parse(readFileSync(join(template, STAMP), 'utf8'))
    return JSON.stringify(stamp) === JSON.stringify({ pglite: pgliteVersion() })
  } catch {
    return false // None, or half of one.
  }
}

function pgliteVersion(): unknown {
  const entry = import.meta.resolve('@electric-sql/pglite')
  const found: unknown = JSON.parse(readFileSync(new URL('../package.json', entry), 'utf8'))
  return typeof found === 'object' && found !== null && 'version' in found ? found.version : undefined
}

async function makeFiles(directory: string): Promise<void> {
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
    workerData: { directory, makeOnly: true },
    execArgv: [],
  })
  const [code]: unknown[] = await once(worker, 'exit')
  if (code !== 0) throw new Error(`the database's files could not be made (${code})`)
}
