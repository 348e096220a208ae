import { expect, test } from 'vitest'
import { Quarantine } from './quarantine.ts'
import { CLUSTER_TYPE, type EncodedResource } from './resources.ts'

const resource = (version: string): EncodedResource => ({ version, bytes: Buffer.from(version) })
const tables = (clusters: Record<string, string>) =>
  new Map([
    [CLUSTER_TYPE, new Map(Object.entries(clusters).map(([name, version]) => [name, resource(version)]))],
  ])
const suspect = (name: string, version: string) => ({ typeUrl: CLUSTER_TYPE, name, version })
const versions = (quarantine: Quarantine, clusters: Record<string, string>) =>
  Object.fromEntries(
    [...(quarantine.filter(tables(clusters)).get(CLUSTER_TYPE) ?? [])].map(([name, { version }]) => [
      name,
      version,
    ]),
  )

test('a single suspect is replaced by its last good version', () => {
  const quarantine = new Quarantine()
  quarantine.accepted(CLUSTER_TYPE, 'a', resource('1'))
  quarantine.filter(tables({ a: '1' }))
  quarantine.crashed([suspect('a', '2')])
  expect(versions(quarantine, { a: '2', b: '1' })).toEqual({ a: '1', b: '1' })
})

test('a single suspect that was never good is left out', () => {
  const quarantine = new Quarantine()
  quarantine.crashed([suspect('a', '1')])
  expect(versions(quarantine, { a: '1', b: '1' })).toEqual({ b: '1' })
})

test('a changed resource is given another chance', () => {
  const quarantine = new Quarantine()
  quarantine.crashed([suspect('a', '1')])
  expect(versions(quarantine, { a: '2' })).toEqual({ a: '2' })
})

test('of several suspects none is condemned, but the next start is careful until it is over', () => {
  const quarantine = new Quarantine()
  expect(quarantine.crashed([suspect('a', '1'), suspect('b', '1')])).toBeUndefined()
  expect(versions(quarantine, { a: '1', b: '1' })).toEqual({ a: '1', b: '1' })
  expect(quarantine.isCareful).toBe(true)
  quarantine.survived()
  expect(quarantine.isCareful).toBe(false)
})
