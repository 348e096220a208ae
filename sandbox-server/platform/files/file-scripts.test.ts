import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LARGEST_FILE_BYTES } from '../../protocol/home-path.ts'
import { exits, READ, REMOVE, RENAME, WATCH, WRITE } from './file-scripts.ts'
import { parseTree } from './tree-watch.ts'

let root: string
let home: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'meshdojo-files-'))
  home = join(root, 'home')
  mkdirSync(home)
  writeFileSync(join(root, 'secret'), 'secret')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function run(script: string, words: string[], input = ''): { status: number | null; stdout: string } {
  const env = { PATH: process.env['PATH'], HOME: home }
  const { status, stdout } = spawnSync('bash', ['-c', script, 'files', ...words], {
    env,
    input,
    encoding: 'utf8',
  })
  return { status, stdout }
}
const write = (path: string, text: string, expected: string) =>
  run(WRITE, [path, String(Buffer.byteLength(text)), expected], text)
const read = (path: string) => Buffer.from(run(READ, [path]).stdout, 'base64').toString()

test('a new file is made with its folders, read again, and replaced only by who knows what is in it', () => {
  const made = write('a b/ü.yaml', 'it\'s: "x"\n', '')
  expect(made.status).toBe(0)
  expect(read('a b/ü.yaml')).toBe('it\'s: "x"\n')
  expect(write('a b/ü.yaml', 'other', '')).toEqual({ status: exits.changed, stdout: made.stdout })
  expect(write('a b/ü.yaml', 'new', made.stdout).status).toBe(0)
  expect(write('a b/ü.yaml', 'late', made.stdout).status).toBe(exits.changed)
  expect(write('a b/ü.yaml', 'by force', '*').status).toBe(0)
  expect(read('a b/ü.yaml')).toBe('by force')
  expect(
    parseTree(run(WATCH, []).stdout.split('\0')[0] ?? '')
      .entries.map(one => one.path)
      .sort(),
  ).toEqual(['a b', 'a b/ü.yaml'])
})

test('a file that was deleted meanwhile is not written over by who knew it', () => {
  expect(write('gone', 'x', 'a'.repeat(64))).toEqual({ status: exits.changed, stdout: '' })
  expect(existsSync(join(home, 'gone'))).toBe(false)
})

test('content that breaks off changes nothing', () => {
  const made = write('f', 'whole', '')
  expect(run(WRITE, ['f', '100', made.stdout], 'half').status).toBe(1)
  expect(read('f')).toBe('whole')
})

test('the mode of a file stays when it is written', () => {
  writeFileSync(join(home, 'run.sh'), 'echo', { mode: 0o755 })
  write('run.sh', 'echo 2', '*')
  expect(statSync(join(home, 'run.sh')).mode & 0o777).toBe(0o755)
})

test('links that lead out of the home directory are followed by nothing', () => {
  symlinkSync('..', join(home, 'up'))
  symlinkSync(join(root, 'secret'), join(home, 'link'))
  for (const path of ['link', 'up/secret']) {
    expect(run(READ, [path])).toEqual({ status: exits.outside, stdout: '' })
    expect(write(path, 'x', '*').status).toBe(exits.outside)
    expect(run(RENAME, [path, 'mine']).status).toBe(exits.outside)
  }
  expect(write('up/new', 'x', '').status).toBe(exits.outside)
  expect(run(REMOVE, ['up/secret']).status).toBe(exits.outside)
  expect(run(REMOVE, ['link']).status).toBe(0)
  expect(readFileSync(join(root, 'secret'), 'utf8')).toBe('secret')
})

test('names that look like options or commands are names', () => {
  for (const path of ['-rf', '$(touch hacked)', '; touch hacked', "'", '--help']) {
    expect(write(path, path, '').status, path).toBe(0)
    expect(read(path)).toBe(path)
    expect(run(RENAME, [path, `${path}2`]).status, path).toBe(0)
    expect(run(REMOVE, [`${path}2`]).status, path).toBe(0)
  }
  expect(run(WATCH, []).stdout).toBe('\0')
})

test('folders, missing files and those that are too big are told apart', () => {
  mkdirSync(join(home, 'folder'))
  writeFileSync(join(home, 'big'), 'x'.repeat(LARGEST_FILE_BYTES + 1))
  writeFileSync(join(home, 'f'), '')
  expect(run(READ, ['folder']).status).toBe(exits.folder)
  expect(run(READ, ['nope']).status).toBe(exits.gone)
  expect(run(READ, ['big'])).toEqual({ status: exits.tooBig, stdout: `${LARGEST_FILE_BYTES + 1}\n` })
  expect(run(RENAME, ['f', 'big']).status).toBe(exits.exists)
  expect(run(RENAME, ['nope', 'x']).status).toBe(exits.gone)
  expect(run(REMOVE, ['nope']).status).toBe(exits.gone)
})

test('the tree leaves out what is hidden, and says what changed by another stamp', () => {
  writeFileSync(join(home, '.bash_history'), 'x')
  mkdirSync(join(home, '.kube'))
  writeFileSync(join(home, '.kube/config'), 'x')
  writeFileSync(join(home, 'f'), 'x')
  const stamp = () => parseTree(run(WATCH, []).stdout.split('\0')[0] ?? '').entries
  const before = stamp()
  expect(before.map(({ path, kind, sizeBytes }) => ({ path, kind, sizeBytes }))).toEqual([
    { path: 'f', kind: 'file', sizeBytes: 1 },
  ])
  writeFileSync(join(home, 'f'), 'y')
  expect(stamp()[0]?.stamp).not.toBe(before[0]?.stamp)
})
