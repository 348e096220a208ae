/**
 * All that a cluster holds of the machine, as lines that can be compared: processes and their descriptors, sockets,
 * network namespaces, interfaces, routes, nftables rules, files. What differs by chance (numbers of processes, inodes)
 * is left out, so equal things are equal lines.
 */
import { spawnSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, processTree } from './processes.ts'

/** `pid` is the process that started the cluster; what it holds itself does not count. */
export function clusterHoldings(pid: number, directories: readonly string[]): string[] {
  const processes = processTree(pid).filter(one => one !== pid && isInside(one, pid))
  const first = processes[0]
  if (first === undefined) throw new Error(`process ${pid} has no cluster`)
  return [
    ...processes.map(one => `process ${commandLine(one).slice(0, 80)}`),
    ...processes.flatMap(descriptors),
    ...networkNamespaces(processes).flatMap(listeners),
    ...kernelState(first),
    ...[...directories, `/proc/${first}/root/run`].flatMap(files),
  ].sort()
}

const isInside = (one: number, outside: number): boolean =>
  namespace(one, 'pid') !== namespace(outside, 'pid')

/** The kubelet makes pipes by seven, and keeps what is left of them for the next process. */
const PIPES_IN_RESERVE = 7
/** On a busy machine one socket that no table of the kernel names stays open a while; a leak would be one for each pod. */
const UNNAMED_SOCKETS = 2
const isReserve = (line: string, count: number) =>
  (/^descriptor of .*node: pipe:/.test(line) && Math.abs(count) < PIPES_IN_RESERVE) ||
  (/^descriptor of .*node: other socket/.test(line) && Math.abs(count) <= UNNAMED_SOCKETS)

/** Lines that are in one list more often than in the other, with how much more often. */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const line of after) counts.set(line, (counts.get(line) ?? 0) + 1)
  for (const line of before) counts.set(line, (counts.get(line) ?? 0) - 1)
  return [...counts]
    .filter(([line, count]) => count !== 0 && !isReserve(line, count))
    .map(([line, count]) => `${count} ${line}`)
}

/** The program and what the descriptor leads to, without the numbers that the kernel gives. */
function descriptors(pid: number): string[] {
  const program = commandLine(pid).split(' ')[0]
  const sockets = socketKinds(pid)
  return entries(`/proc/${pid}/fd`).flatMap(number => {
    const target = link(`/proc/${pid}/fd/${number}`)
    if (target === undefined) return []
    const inode = /^socket:\[(\d+)\]/.exec(target)?.[1]
    const what =
      inode === undefined ? target.replace(/\d{3,}/g, 'N') : `${sockets.get(inode) ?? 'other'} socket`
    return [`descriptor of ${program}: ${what}`]
  })
}

/** By inode, for the sockets of a process' network namespace. */
function socketKinds(pid: number): Map<string, string> {
  const rows = (name: string) =>
    lines(`/proc/${pid}/net/${name}`)
      .slice(1)
      .map(row => row.trim().split(/\s+/))
  return new Map([
    ...rows('tcp').map(row => [row[9] ?? '', `tcp ${row[1]} ${row[2]}`] as const),
    ...rows('udp').map(row => [row[9] ?? '', `udp ${row[1]}`] as const),
    ...rows('unix').map(row => [row[6] ?? '', `unix ${row[7] ?? 'unnamed'}`] as const),
  ])
}

/** A process of each network namespace in which some process is. */
function networkNamespaces(pids: readonly number[]): number[] {
  const byNamespace = new Map(pids.map(pid => [namespace(pid, 'net'), pid]))
  return [...byNamespace.values()]
}

function listeners(pid: number): string[] {
  const LISTENING = '0A'
  const rows = (name: string) => lines(`/proc/${pid}/net/${name}`).slice(1)
  const tcp = ['tcp', 'tcp6']
    .flatMap(rows)
    .map(row => row.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTENING)
    .map(([, local]) => `listens on ${local}`)
  const udp = ['udp', 'udp6'].flatMap(rows).map(row => `receives on ${row.trim().split(/\s+/)[1]}`)
  const unix = rows('unix')
    .map(row => row.trim().split(/\s+/)[7])
    .filter(path => path !== undefined)
    .map(path => `unix socket ${path}`)
  return ['network namespace', ...tcp, ...udp, ...unix]
}

/** Asked in the cluster's own network namespace, as its user who is root there. */
function kernelState(pid: number): string[] {
  const enter = [`--target=${pid}`, '--user', '--net', '--preserve-credentials']
  const { uid, gid } = lstatSync(`/proc/${pid}`)
  const ask = (...command: string[]): string[] => {
    const answer = spawnSync('nsenter', [...enter, ...command], { encoding: 'utf8', uid, gid })
    if (answer.status !== 0) throw new Error(`${command.join(' ')}: ${answer.stderr}`)
    return answer.stdout.split('\n').map(line => `${command[0]}: ${line.trim()}`)
  }
  return [
    ...ask('ip', '-brief', 'link').map(line => line.replace(/\s+[0-9a-f:]{17}/, '')),
    ...ask('ip', 'route', 'show', 'table', 'all'),
    ...ask('ip', 'rule'),
    ...ask('nft', 'list', 'ruleset').flatMap(line => line.split(/(?:elements = \{ |, | \}$)/)),
  ]
}

function files(directory: string): string[] {
  return entries(directory).flatMap(name => {
    const path = join(directory, name)
    const inside = isDirectory(path) ? files(path) : []
    return [`file ${path.replace(/^\/proc\/\d+\/root/, '')}`, ...inside]
  })
}

const isDirectory = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

const namespace = (pid: number, kind: string): string | undefined => link(`/proc/${pid}/ns/${kind}`)

/** What the link says; undefined when it is gone meanwhile. */
function link(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** Names in a folder; none when it is gone meanwhile. */
function entries(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** None when the process has ended. */
function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n')
  } catch {
    return []
  }
}
