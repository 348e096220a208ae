/**
 * Holds the translation against recordings of the real istiod: every case and every proxy of it, all four kinds of
 * resources. What is not compared, and why, is said in oracle/compare.mjs and decisions/0011-translation.md.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { xds } from '../../sandbox-server/cluster/istiod/commands/xds.ts'
// @ts-expect-error a script without types: it must run without this repository
import { diff, normalise, readJson } from './oracle/compare.mjs'

const CASES = join(import.meta.dirname, 'oracle', 'cases')
const SECTIONS = ['listeners', 'clusters', 'routes', 'endpoints']
const SHOWN_DIFFERENCES = 5

interface Recording {
  proxy: string
  [section: string]: unknown
}

/** The directories of the cases, each with its recordings. */
const cases = readdirSync(CASES).flatMap(name =>
  readdirSync(join(CASES, name))
    .filter(file => file.endsWith('.json.gz'))
    .map(file => ({ name, recording: readJson(join(CASES, name, file)) as Recording })),
)

const aboutOf = (name: string): string =>
  readFileSync(join(CASES, name, 'input.yaml'), 'utf8')
    .split('\n')[0]
    ?.replace('# ', '') ?? ''

async function translated(name: string, proxy: string): Promise<Record<string, unknown>> {
  let out = ''
  let problems = ''
  const status = await xds(['-f', join(CASES, name, 'input.yaml'), '--proxy', proxy], {
    stdout: text => {
      out += text
    },
    stderr: text => {
      problems += text
    },
  })
  expect({ status, problems }).toEqual({ status: 0, problems: '' })
  return JSON.parse(out)
}

describe('translation, as the real istiod does it', () => {
  it('has the recordings', () => {
    expect(cases.length).toBeGreaterThan(90)
  })

  it.each(cases)('$name $recording.proxy', async ({ name, recording }) => {
    const actual = await translated(name, recording.proxy)
    const differences = SECTIONS.filter(section => section in recording).flatMap(section =>
      diff(
        normalise(section, recording[section]),
        normalise(section, actual[section]),
        section,
        [],
        SHOWN_DIFFERENCES,
      ),
    )
    expect(differences, aboutOf(name)).toEqual([])
  })
})
