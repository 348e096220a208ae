import { expect, test } from 'vitest'
import { columnsOf, healthOf, rowOf } from './table-row.ts'

const definitions = [
  { name: 'Name', format: 'name', priority: 0 },
  { name: 'Ready', priority: 0 },
  { name: 'Status', priority: 0 },
  { name: 'Node', priority: 1 },
]

test('shown are the columns that kubectl prints without -o wide, less the name', () => {
  const columns = columnsOf(definitions)
  expect(columns.names).toEqual(['Ready', 'Status'])
  const metadata = {
    name: 'a-1',
    uid: 'u',
    creationTimestamp: 'then',
    labels: { 'app.kubernetes.io/managed-by': 'meshdojo' },
    ownerReferences: [{ kind: 'ReplicaSet', name: 'a', controller: true }],
  }
  const row = { apiVersion: 'v1', kind: 'P', metadata, cells: ['a-1', '1/2', 'Running', 'n'] }
  expect(rowOf(row, columns)).toEqual({
    name: 'a-1',
    uid: 'u',
    cells: ['1/2', 'Running'],
    createdAt: 'then',
    health: 'waiting',
    own: true,
    owner: { kind: 'ReplicaSet', name: 'a' },
  })
})

test.each([
  [['2/2', 'Running'], 'good'],
  [['1/2', 'Running'], 'waiting'],
  [['0/1', 'CrashLoopBackOff'], 'bad'],
  [['0/1', 'ImagePullBackOff'], 'bad'],
  [['0/1', 'ContainerCreating'], 'waiting'],
  [['0/1', 'Completed'], 'good'],
  [['0/0', ''], 'none'],
])('ready and status %j is %s', (cells, health) => {
  expect(healthOf(['Ready', 'Status'], cells)).toBe(health)
})

test('replica sets say it by numbers, and most kinds say nothing', () => {
  expect(healthOf(['Desired', 'Current', 'Ready'], ['2', '2', '1'])).toBe('waiting')
  expect(healthOf(['Desired', 'Current', 'Ready'], ['0', '0', '0'])).toBe('none')
  expect(healthOf(['Hosts', 'Age'], ['["a"]', '3s'])).toBe('none')
})
