/** Measures a real process: the meter reads /proc. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../lifecycle.ts'
import type { Pod } from './pod.ts'
import { type MeteredContainer, type MeteredPod, UsageMeter } from './usage.ts'

let busy: ChildProcess
beforeEach(async () => {
  // A process namespace of its own, as a container has one; the shell's child does the work.
  const work = 'x=$(head -c 20000000 /dev/zero | tr "\\0" a); echo ready; while :; do :; done'
  const own = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  busy = spawn('unshare', [...own, '--pid', '--fork', '--kill-child', 'sh', '-c', work], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (busy.stdout) await once(busy.stdout, 'data')
})
afterEach(() => busy.kill('SIGKILL'))

const pod = (name: string, ...containers: MeteredContainer[]): MeteredPod => ({
  pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' }, spec: {} } as unknown as Pod,
  containers,
})

async function insidePid(): Promise<number> {
  const { readFile } = await import('node:fs/promises')
  const children = await readFile(`/proc/${busy.pid}/task/${busy.pid}/children`, 'utf8')
  return Number(children.trim())
}

it('adds up what runs in a container, and shares what containers have together', async () => {
  const meter = new UsageMeter(systemClock)
  const app = (name: string): MeteredContainer => ({ name, shares: 'this process', pid: undefined })
  const usage = await meter.read([
    pod('busy', { name: 'work', shares: 'nothing', pid: await insidePid() }),
    pod('apps', app('a'), app('b')),
    pod('idle', { name: 'gone', shares: 'nothing', pid: undefined }),
  ])
  const [work] = usage.pods[0]?.containers ?? []
  expect(work?.cpuNanocores).toBeGreaterThan(0)
  expect(work?.memoryBytes).toBeGreaterThan(20_000_000)
  const [a, b] = usage.pods[1]?.containers ?? []
  expect({ ...a, name: '' }).toEqual({ ...b, name: '' })
  expect(usage.pods[2]?.containers).toEqual([{ name: 'gone', cpuNanocores: 0, memoryBytes: 0 }])
  expect(usage.memoryBytes).toBeGreaterThan(work?.memoryBytes ?? 0)
})
