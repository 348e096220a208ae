/**
 * What pods use, for `kubectl top`: CPU and memory of the processes in a container's process namespace, read from /proc
 * when somebody asks and never otherwise. Containers that share a process have equal shares of it, so that sums are true:
 * applications of what this process has grown by since the kubelet began, sidecars of Envoy.
 */
import { readFileSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import type { Clock } from '../lifecycle.ts'
import type { ContainerUsage, NodeUsage, PodUsage } from './contract.ts'
import { namespaceOf, type Pod } from './pod.ts'

/** Linux counts a process' time in hundredths of a second towards user space. */
const NANOSECONDS_PER_TICK = 10_000_000
const FIRST_WINDOW_MS = 500
/** An older sample says nothing about now. */
const LONGEST_WINDOW_MS = 60_000
const SHORTEST_WINDOW_MS = 500

interface ProcessSample {
  name: string
  /** Inode of its process namespace, as `/proc/PID/ns/pid` names it. */
  namespace: string
  ticks: number
  bytes: number
}

interface Sample {
  atMs: number
  processes: ReadonlyMap<number, ProcessSample>
}

/** A container that runs, and what its processes are found by. */
export interface MeteredContainer {
  name: string
  /** An application or a share of Envoy has no process of its own until somebody enters it. */
  shares: 'this process' | 'envoy' | 'nothing'
  /** The sandbox' first process. */
  pid: number | undefined
}

export interface MeteredPod {
  pod: Pod
  containers: readonly MeteredContainer[]
}

export class UsageMeter {
  readonly #clock: Clock
  readonly #ownBytesBefore = usedBytes(readFileSync('/proc/self/status', 'utf8'))
  #last: Sample | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async read(pods: readonly MeteredPod[]): Promise<NodeUsage> {
    const before = await this.#before()
    const now = await sample(this.#clock)
    this.#last = now
    const windowMs = Math.max(1, now.atMs - before.atMs)
    const rates = new Map(
      [...now.processes].map(([pid, process]) => [pid, rate(process, before, pid, windowMs)]),
    )
    const all = [...rates.values()]
    const shared = this.#sharedProcesses(rates, pods)
    return {
      at: now.atMs,
      windowMs,
      ...total(all),
      pods: pods.map(pod => podUsage(pod, rates, shared)),
    }
  }

  async #before(): Promise<Sample> {
    const ageMs = this.#last ? this.#clock.now() - this.#last.atMs : Number.POSITIVE_INFINITY
    if (this.#last && ageMs >= SHORTEST_WINDOW_MS && ageMs <= LONGEST_WINDOW_MS) return this.#last
    const first = await sample(this.#clock)
    await new Promise<void>(resolve => this.#clock.after(FIRST_WINDOW_MS, () => resolve()))
    return first
  }

  #sharedProcesses(rates: ReadonlyMap<number, Rate>, pods: readonly MeteredPod[]): SharedProcesses {
    const count = (shares: MeteredContainer['shares']): number =>
      pods.reduce((sum, pod) => sum + pod.containers.filter(one => one.shares === shares).length, 0)
    const own = rates.get(process.pid)
    const envoys = [...rates.values()].filter(({ process }) => process.name === 'envoy')
    const grown = own ? { ...own, bytes: Math.max(0, own.bytes - this.#ownBytesBefore) } : undefined
    return {
      // The API server and the rest of this process count as one more.
      'this process': shareOf(grown ? [grown] : [], count('this process') + 1),
      envoy: shareOf(envoys, count('envoy')),
      nothing: NONE,
    }
  }
}

interface Rate {
  process: ProcessSample
  nanocores: number
  bytes: number
}

type Usage = Pick<ContainerUsage, 'cpuNanocores' | 'memoryBytes'>
type SharedProcesses = Readonly<Record<MeteredContainer['shares'], Usage>>

const NONE: Usage = { cpuNanocores: 0, memoryBytes: 0 }

function total(rates: readonly Rate[]): Usage {
  return {
    cpuNanocores: rates.reduce((sum, { nanocores }) => sum + nanocores, 0),
    memoryBytes: rates.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

function shareOf(rates: readonly Rate[], count: number): Usage {
  const { cpuNanocores, memoryBytes } = total(rates)
  if (count === 0) return NONE
  return { cpuNanocores: Math.round(cpuNanocores / count), memoryBytes: Math.round(memoryBytes / count) }
}

function rate(process: ProcessSample, before: Sample, pid: number, windowMs: number): Rate {
  const was = before.processes.get(pid)
  const ticks = was?.namespace === process.namespace ? Math.max(0, process.ticks - was.ticks) : process.ticks
  return {
    process,
    nanocores: Math.round((ticks * NANOSECONDS_PER_TICK * 1000) / windowMs),
    bytes: process.bytes,
  }
}

function podUsage(
  { pod, containers }: MeteredPod,
  rates: ReadonlyMap<number, Rate>,
  shared: SharedProcesses,
): PodUsage {
  return {
    namespace: namespaceOf(pod),
    name: pod.metadata.name,
    labels: pod.metadata.labels ?? {},
    containers: containers.map(({ name, shares, pid }) => {
      const namespace = pid === undefined ? undefined : rates.get(pid)?.process.namespace
      const own =
        namespace === undefined ? [] : [...rates.values()].filter(one => one.process.namespace === namespace)
      const usage = total(own)
      return {
        name,
        cpuNanocores: usage.cpuNanocores + shared[shares].cpuNanocores,
        memoryBytes: usage.memoryBytes + shared[shares].memoryBytes,
      }
    }),
  }
}

async function sample(clock: Clock): Promise<Sample> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(async pid => [pid, await processSample(pid)] as const))
  const processes = new Map<number, ProcessSample>()
  for (const [pid, process] of found) if (process) processes.set(pid, process)
  return { atMs: clock.now(), processes }
}

/** Undefined for a process that has gone or is not ours to read. */
async function processSample(pid: number): Promise<ProcessSample | undefined> {
  try {
    const [stat, status, namespace] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
      readlink(`/proc/${pid}/ns/pid`),
    ])
    // The name stands in parentheses and may hold anything; user and system time are the 14th and 15th field.
    const end = stat.lastIndexOf(')')
    const fields = stat.slice(end + 2).split(' ')
    return {
      name: stat.slice(stat.indexOf('(') + 1, end),
      namespace,
      ticks: Number(fields[11] ?? 0) + Number(fields[12] ?? 0),
      bytes: usedBytes(status),
    }
  } catch {
    // It ended between the listing and the reading, or belongs to somebody else.
    return undefined
  }
}

/** Pages of files can be had back at any time; they are not counted. */
const usedBytes = (status: string): number => kibibytes(status, 'RssAnon') + kibibytes(status, 'RssShmem')

const kibibytes = (status: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
