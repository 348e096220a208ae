import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ApiObject } from '../apiserver/api.ts'
import { Store } from './store.ts'

const BUCKET = '/configmaps'

const configMap = (name: string, data = ''): ApiObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace: 'a',
    uid: name,
    resourceVersion: '',
    creationTimestamp: '2026-01-02T03:04:05Z',
  },
  data: { data },
})

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'store-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const open = (historyLimit?: number): Store => new Store({ path: join(directory, 'state.db'), historyLimit })

test('every write takes the next revision as its resourceVersion, across buckets', () => {
  const store = open()
  expect(store.put(BUCKET, 'a/x', configMap('x')).metadata.resourceVersion).toBe('1')
  expect(store.put('/secrets', 'a/y', configMap('y')).metadata.resourceVersion).toBe('2')
  expect(store.delete(BUCKET, 'a/x')).toBe(3)
  expect(store.revision).toBe(3)
  store.close()
})

test('objects and the revision survive a reopening, deleted ones stay gone', () => {
  const first = open()
  first.put(BUCKET, 'a/x', configMap('x', 'old'))
  first.put(BUCKET, 'a/x', configMap('x', 'new'))
  first.put(BUCKET, 'a/y', configMap('y'))
  first.delete(BUCKET, 'a/y')
  first.close()
  const second = open()
  expect(
    second
      .bucket(BUCKET)
      .list()
      .map(object => object.data),
  ).toEqual([{ data: 'new' }])
  expect(second.revision).toBe(4)
  expect(second.put(BUCKET, 'a/z', configMap('z')).metadata.resourceVersion).toBe('5')
  second.close()
})

test('lists come in key order and by namespace prefix', () => {
  const store = open()
  for (const key of ['b/x', 'a/z', 'a-b/y', 'a/a']) store.put(BUCKET, key, configMap(key))
  expect(
    store
      .bucket(BUCKET)
      .list()
      .map(object => object.metadata.name),
  ).toEqual(['a-b/y', 'a/a', 'a/z', 'b/x'])
  expect(
    store
      .bucket(BUCKET)
      .list('a/')
      .map(object => object.metadata.name),
  ).toEqual(['a/a', 'a/z'])
  store.close()
})

test('stored objects are frozen', () => {
  const store = open()
  const stored = store.put(BUCKET, 'a/x', configMap('x'))
  expect(() => Object.assign(stored.metadata, { name: 'y' })).toThrow(TypeError)
  store.close()
})

test('a subscriber that writes gets its own event after the current one', () => {
  const store = open()
  const seen: string[] = []
  store.subscribe(BUCKET, event => {
    seen.push(`${event.key}@${event.revision}`)
    if (event.key === 'a/x') store.put(BUCKET, 'a/y', configMap('y'))
    seen.push('handled')
  })
  store.put(BUCKET, 'a/x', configMap('x'))
  expect(seen).toEqual(['a/x@1', 'handled', 'a/y@2', 'handled'])
  store.close()
})

test('events of a batch come after its commit, in order', () => {
  const store = open()
  const seen: number[] = []
  store.subscribe(BUCKET, event => void seen.push(event.revision))
  store.batch(() => {
    store.put(BUCKET, 'a/x', configMap('x'))
    store.put(BUCKET, 'a/y', configMap('y'))
    expect(seen).toEqual([])
  })
  expect(seen).toEqual([1, 2])
  store.close()
})

test('a subscriber that throws neither stops the others nor the write', () => {
  const errors: unknown[] = []
  const store = new Store({ path: ':memory:', onSubscriberError: error => errors.push(error) })
  let seen = 0
  store.subscribe(BUCKET, () => {
    throw new TypeError('broken')
  })
  store.subscribe(BUCKET, () => void seen++)
  store.put(BUCKET, 'a/x', configMap('x'))
  expect(seen).toBe(1)
  expect(errors).toHaveLength(1)
  store.close()
})

test('an earlier state can be read until it is compacted', () => {
  const store = open(10)
  store.put(BUCKET, 'a/x', configMap('x', 'one'))
  store.put(BUCKET, 'a/x', configMap('x', 'two'))
  store.delete(BUCKET, 'a/x')
  expect(store.snapshot(BUCKET, 1)?.map(object => object.data)).toEqual([{ data: 'one' }])
  expect(store.snapshot(BUCKET, 3)).toEqual([])
  for (let i = 0; i < 30; i++) store.put(BUCKET, 'a/y', configMap('y', String(i)))
  expect(store.snapshot(BUCKET, 1)).toBeUndefined()
  expect(store.eventsSince(BUCKET, 1)).toBeUndefined()
  expect(store.eventsSince(BUCKET, store.revision - 2)).toHaveLength(2)
  store.close()
})

test('compaction keeps every live object on disk', () => {
  const store = open(10)
  store.put(BUCKET, 'a/kept', configMap('kept', 'from the start'))
  for (let i = 0; i < 100; i++) store.put(BUCKET, `a/${i % 3}`, configMap(String(i % 3), String(i)))
  store.close()
  const again = open(10)
  expect(
    again
      .bucket(BUCKET)
      .list()
      .map(object => object.data),
  ).toEqual([{ data: '99' }, { data: '97' }, { data: '98' }, { data: 'from the start' }])
  again.close()
})

test('whatever was acknowledged survives kill -9 at any moment', async () => {
  const path = join(directory, 'killed.db')
  const program = `
    import { Store } from ${JSON.stringify(new URL('./store.ts', import.meta.url).href)}
    const store = new Store({ path: ${JSON.stringify(path)}, historyLimit: 20 })
    for (let i = 0; ; i++) {
      const name = 'n' + (i % 7)
      const { resourceVersion } = store.put('/configmaps', name, { apiVersion: 'v1', kind: 'ConfigMap',
        metadata: { name, uid: name, resourceVersion: '', creationTimestamp: '' }, data: { i: String(i) } }).metadata
      process.stdout.write(resourceVersion + ' ' + i + '\\n')
      if (i % 50 === 0) await new Promise(resolve => setImmediate(resolve))
    }`
  for (const linesBeforeKill of [1, 137, 1009]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    for await (const chunk of child.stdout) {
      output += chunk
      if (output.split('\n').length > linesBeforeKill) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    const last = output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1)?.split(' ') ?? []
    const store = new Store({ path })
    expect(store.revision).toBeGreaterThanOrEqual(Number(last[0]))
    const newest = store
      .bucket('/configmaps')
      .list()
      .map(object => Number((object.data as { i: string }).i))
    expect(Math.max(...newest)).toBeGreaterThanOrEqual(Number(last[1]))
    store.close()
  }
})
