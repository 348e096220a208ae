/** `meshdojo workshop …`: workshops from scripts, over the same REST interface as the pages. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { z } from 'zod'
import { errorResponse } from '../protocol/messages.ts'
import {
  prewarmResponse,
  rosterResponse,
  seatsResponse,
  type Workshop,
  workshop,
  workshopsResponse,
} from '../protocol/workshops.ts'
import { CommandError, type Output, UsageError } from './command-line.ts'
import { dataDirectory } from './data-directory.ts'

const options = {
  server: { type: 'string' },
  token: { type: 'string' },
  data: { type: 'string' },
  json: { type: 'boolean', default: false },
  chapters: { type: 'string' },
  language: { type: 'string' },
  gating: { type: 'boolean' },
  seats: { type: 'string' },
  opens: { type: 'string' },
  closes: { type: 'string' },
  open: { type: 'boolean' },
  'sandbox-lives': { type: 'string' },
  'sandbox-sleeps': { type: 'string' },
  pins: { type: 'string' },
  'roster-only': { type: 'boolean' },
  format: { type: 'string', default: 'json' },
  'personal-data': { type: 'boolean', default: false },
} as const

type Flags = ReturnType<typeof parse>['values']
type Call = (method: string, path: string, body?: unknown) => Promise<unknown>
type Verb = (request: { call: Call; rest: readonly string[]; flags: Flags; output: Output }) => Promise<void>

/** Resolves with the exit status. */
export async function runWorkshop(argv: readonly string[], output: Output): Promise<number> {
  const { values: flags, positionals } = parse(argv)
  const [name, ...rest] = positionals
  const verb = name !== undefined && Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (!verb)
    throw new UsageError(
      name === undefined ? 'which workshop command?' : `there is no command "workshop ${name}".`,
      `Known are: ${Object.keys(verbs).join(', ')}.`,
    )
  await verb({ call: caller(flags), rest, flags, output })
  return 0
}

const verbs: Record<string, Verb> = {
  list: async ({ call, flags, output }) => {
    const { workshops } = read(workshopsResponse, await call('GET', '/api/workshops'))
    if (flags.json) return json(output, workshops)
    if (workshops.length === 0) output.stdout('There is none yet. Make one with: meshdojo workshop create\n')
    for (const one of workshops) output.stdout(lineOf(one))
  },
  create: async ({ call, rest, flags, output }) => {
    const title = one(rest, 'TITLE')
    if (flags.chapters === undefined) throw new UsageError('which chapters?', 'Give --chapters ID,ID.')
    const body = {
      title,
      chapters: flags.chapters.split(',').map(chapter => chapter.trim()),
      ...given({
        language: flags.language,
        gating: flags.gating,
        seats: count('--seats', flags.seats),
        opensAt: time('--opens', flags.opens),
        closesAt: time('--closes', flags.closes),
        sandboxLivesMinutes: count('--sandbox-lives', flags['sandbox-lives']),
        sandboxSleepsAfterMinutes: count('--sandbox-sleeps', flags['sandbox-sleeps']),
        pins: flags.pins,
        rosterOnly: flags['roster-only'],
        open: flags.open,
      }),
    }
    show(output, flags, read(workshop, await call('POST', '/api/workshops', body)))
  },
  show: async ({ call, rest, flags, output }) =>
    show(output, flags, read(workshop, await call('GET', path(rest)))),
  open: async ({ call, rest, flags, output }) =>
    show(output, flags, read(workshop, await call('POST', `${path(rest)}/open`, {}))),
  close: async ({ call, rest, flags, output }) =>
    show(output, flags, read(workshop, await call('POST', `${path(rest)}/close`, {}))),
  prewarm: async ({ call, rest, flags, output }) => {
    const seats = count('NUMBER', rest[1])
    if (seats === undefined) throw new UsageError('how many?', 'meshdojo workshop prewarm ID NUMBER')
    const answer = read(prewarmResponse, await call('POST', `${path(rest.slice(0, 1))}/prewarm`, { seats }))
    if (flags.json) return json(output, answer)
    const { ready, starting, wanted, limit } = answer
    output.stdout(
      `${ready} ready, ${starting} starting, ${wanted} wanted${limit === null ? '' : `; ${limit}`}\n`,
    )
  },
  seats: async ({ call, rest, flags, output }) => {
    const { seats } = read(seatsResponse, await call('GET', `${path(rest)}/seats`))
    if (flags.json) return json(output, seats)
    for (const { id, name, joinedAt, online, sandbox } of seats)
      output.stdout(
        `${id}  ${joinedAt === null ? 'listed' : online ? 'here  ' : 'away  '}  ${sandbox.padEnd(8)}  ${isolated(name)}\n`,
      )
  },
  roster: async ({ call, rest, flags, output }) => {
    const [id, file] = rest
    if (id === undefined || file === undefined || rest.length > 2)
      throw new UsageError('which workshop and which file?', 'meshdojo workshop roster ID FILE.csv')
    const csv = readText(file)
    const answer = read(rosterResponse, await call('POST', `${path([id])}/roster`, { csv }))
    if (flags.json) json(output, answer)
    if (answer.errors.length > 0)
      throw new CommandError(
        `nothing was taken:\n${answer.errors
          .map(
            ({ row, column, message }) =>
              `  row ${row}${column === null ? '' : `, ${column}`}: ${message.en}`,
          )
          .join('\n')}`,
      )
    if (flags.json) return
    output.stdout(`${answer.added} added, ${answer.kept} were there already\n`)
    for (const { name, rejoinUrl } of answer.seats) output.stdout(`${rejoinUrl}  ${isolated(name)}\n`)
  },
  results: async ({ call, rest, flags, output }) => {
    const files: Record<string, string> = { json: 'results.json', csv: 'results.csv', steps: 'steps.csv' }
    const file = files[flags.format]
    if (file === undefined) throw new UsageError(`--format takes json, csv or steps, not "${flags.format}".`)
    const answer = await call('GET', `${path(rest)}/${file}`)
    if (typeof answer === 'string') output.stdout(answer)
    else json(output, answer)
  },
  delete: async ({ call, rest, flags, output }) => {
    await call('DELETE', flags['personal-data'] ? `${path(rest)}/personal-data` : path(rest))
    output.stdout(flags['personal-data'] ? 'The personal data is deleted.\n' : 'The workshop is deleted.\n')
  },
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/)
    throw new UsageError(sentence.replace(/\.?$/, '.'))
  }
}

/** Where the server is and how one gets in. */
function caller(flags: Flags): Call {
  const own = serverFile(flags.data)
  const server = flags.server ?? process.env['MESHDOJO_SERVER'] ?? own?.url
  const token = flags.token ?? process.env['MESHDOJO_TOKEN'] ?? (server === own?.url ? own?.token : undefined)
  if (server === undefined)
    throw new CommandError('no server is known: start one here with "meshdojo serve", or give --server URL.')
  if (!URL.canParse(server)) throw new UsageError(`--server takes an address, not "${server}".`)
  if (token === undefined) throw new CommandError('a token is needed: give --token, or set MESHDOJO_TOKEN.')
  return async (method, address, body) => {
    const response = await fetch(new URL(address, server), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new CommandError(`${server} does not answer: ${error instanceof Error ? error.message : error}.`)
    })
    const isJson = response.headers.get('content-type')?.includes('json')
    const answer: unknown = isJson ? await response.json() : await response.text()
    const failed = errorResponse.safeParse(answer).data
    if (failed) throw new CommandError(`${failed.error.message} ${failed.error.hint}`)
    return answer
  }
}

function serverFile(data: string | undefined): { url: string; token: string } | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(join(dataDirectory(data), 'server.json'), 'utf8'))
    if (typeof found !== 'object' || found === null || !('url' in found && 'token' in found)) return undefined
    return { url: String(found.url), token: String(found.token) }
  } catch {
    return undefined // No server has run here.
  }
}

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new CommandError('the server answered something else than this version of meshdojo understands.')
}

function one(rest: readonly string[], name: string): string {
  const [value] = rest
  if (value === undefined || rest.length > 1)
    throw new UsageError(value === undefined ? `${name} is missing.` : `there is more than one ${name}.`)
  return value
}

const path = (rest: readonly string[]): string => `/api/workshops/${encodeURIComponent(one(rest, 'ID'))}`

function count(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`${name} takes a whole number, not "${text}".`)
  return Number(text)
}

function time(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const at = new Date(text)
  if (Number.isNaN(at.getTime()))
    throw new UsageError(`${flag} takes a time, not "${text}".`, 'For example 2026-03-01T09:00+01:00.')
  return at.toISOString()
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new UsageError(`"${file}" cannot be read.`, 'Give the path of a CSV file.')
  }
}

const given = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const json = (output: Output, value: unknown) => output.stdout(`${JSON.stringify(value, null, 2)}\n`)

/** A name's direction does not reorder the line it stands in. */
const isolated = (text: string): string => `\u2068${text}\u2069`

const lineOf = ({ id, status, code, taken, seats, title }: Workshop): string =>
  `${id}  ${status.padEnd(9)}  ${code}  ${`${taken}/${seats}`.padStart(7)}  ${isolated(title)}\n`

function show(output: Output, flags: Flags, found: Workshop): void {
  if (flags.json) return json(output, found)
  output.stdout(lineOf(found))
  output.stdout(`  chapters  ${found.chapters.join(', ')}\n  join      ${found.joinUrl}\n`)
}
