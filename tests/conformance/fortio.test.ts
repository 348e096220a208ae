/** fortio held against recordings of the real one: percentiles, and the form of its output, times aside. */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Options } from '../../sandbox-server/cluster/tools/fortio/flags.ts'
import {
  type HistogramData,
  percentile,
  printed,
} from '../../sandbox-server/cluster/tools/fortio/histogram.ts'
import { load } from '../../sandbox-server/cluster/tools/fortio/load.ts'
import { type LevelName, Log } from '../../sandbox-server/cluster/tools/fortio/log.ts'

const recording = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'recordings', 'fortio', name), 'utf8')

let server: Server
let port = 0
let served = 0
beforeEach(async () => {
  served = 0
  server = createServer((_, response) => {
    served++
    const isBad = served % 4 === 0
    response.writeHead(isBad ? 503 : 200, { 'content-length': 5 }).end('hello')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

async function run(level: LevelName, ...argv: string[]) {
  let [stdout, stderr] = ['', '']
  const output = {
    stdout: (text: string) => {
      stdout += text
    },
    stderr: (text: string) => {
      stderr += text
    },
  }
  const log = new Log({ write: output.stderr, now: Date.now, color: false })
  log.setLevel(level)
  const options = new Options([...argv, `http://127.0.0.1:${port}/`])
  const exitCode = await load(options, log, output)
  return { exitCode, stdout, stderr }
}

/** Kinds of lines in their order: numbers and places masked, repeated ones said once, lines of single calls left out. */
const form = (text: string): string[] => {
  const lines = text
    .trimEnd()
    .split('\n')
    .filter(line => !/"Non ok http code"|"msg":"(Starting|T00)/.test(line))
    .map(line =>
      line
        .replace(/127\.0\.0\.1:\d+/g, 'ADDRESS')
        .replace(/-?\d+(\.\d+)?(e-\d+)?/g, 'N')
        .replace(/N(ms|µs|s)\b/g, 'N')
        .replace(/^>=? /, '> '),
    )
  return lines.filter((line, index) => line !== lines[index - 1])
}

test('prints what the real one prints, line by line', async () => {
  const { exitCode, stdout, stderr } = await run('Warning', '-c', '2', '-qps', '0', '-n', '20')
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' })
  expect(form(stderr)).toEqual(form(recording('fortio-load-503.txt')))
})

test('opens a connection anew after an answer that is not good, and keeps it otherwise', async () => {
  const { stderr } = await run('Warning', '-c', '1', '-qps', '0', '-n', '20')
  // Every fourth of 20 is a 503, and the last is one: five of them, four followed by another call.
  expect(stderr).toContain('Sockets used: 5 (for perfect keepalive, would be 1)\n')
  expect(stderr).toContain('Code 200 : 15 (75.0 %)\nCode 503 : 5 (25.0 %)\n')
})

test('writes JSON with the fields of the real one, in their order', async () => {
  const { stdout } = await run(
    'Error',
    '-c',
    '3',
    '-qps',
    '60',
    '-t',
    '200ms',
    '-allow-initial-errors',
    '-json',
    '-',
  )
  const keys = (value: object): string[] =>
    Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner) && !/RetCodes|IPCountMap/.test(key)
        ? [key, ...keys(inner).map(name => `${key}.${name}`)]
        : [key],
    )
  expect(keys(JSON.parse(stdout))).toEqual(keys(JSON.parse(recording('fortio.json'))))
})

test('aborts when the first call fails, and says why', async () => {
  served = 3
  const { exitCode, stderr } = await run('Error', '-c', '1', '-t', '1s')
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/\nAborting because of error 503 for http:\/\/127\.0\.0\.1:\d+\/ \(\d+ bytes\)\n$/)
})

test('calls a refused connection code -1', async () => {
  await new Promise(resolve => server.close(resolve))
  const { stderr } = await run('Info', '-c', '2', '-qps', '0', '-n', '4')
  expect(form(stderr)).toEqual(form(recording('fortio-refused.txt')))
})

const recorded: Record<string, HistogramData> = JSON.parse(recording('fortio.json'))

test.each(['DurationHistogram', 'ErrorsDurationHistogram', 'ConnectionStats'])(
  'computes the percentiles of %s',
  name => {
    const data = recorded[name]
    if (!data) throw new Error(`no ${name} was recorded`)
    for (const { Percentile, Value } of data.Percentiles ?? [])
      expect(percentile(data, Percentile)).toBeCloseTo(Value, 12)
  },
)

test('prints a histogram as it was recorded', () => {
  const lines = recording('fortio-load-503.txt').split('\n')
  const data: HistogramData = {
    Count: 5,
    Avg: 0.0009226678,
    StdDev: 0.0009249,
    Min: 0.00037496,
    Max: 0.002767572,
    Sum: 0.004613339,
    Data: [
      { Start: 0.00037496, End: 0.001, Percent: 80, Count: 4 },
      { Start: 0.002, End: 0.002767572, Percent: 100, Count: 1 },
    ],
  }
  const percentiles = [50, 75, 90, 99, 99.9].map(Percentile => ({
    Percentile,
    Value: percentile(data, Percentile),
  }))
  const start = lines.findIndex(line => line.startsWith('Error cases'))
  expect(
    printed({ ...data, Percentiles: percentiles }, 'Error cases')
      .trimEnd()
      .split('\n'),
  ).toEqual(lines.slice(start, start + 9))
})
