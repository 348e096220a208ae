/**
 * A network namespace for one pod, made when a process has to run in it: a veth pair, the pod's address, a default route
 * to the cluster. Two programs are started: one stays in the new namespace until it is held by a file descriptor of
 * this process, one sets up the cluster's side. Nothing is mounted; closing the descriptor is the end of it.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { GATEWAY_IP, type PodIp, type PodNamespace } from './contract.ts'
import { outcomeOf, ProgramError, type RunProgram } from './program.ts'
import { ROUTE_TABLE } from './ruleset.ts'

/** Inside the pod: routing table of what the in-process applications answer, and its rule's preference. */
const APP_ROUTE_TABLE = 100
const APP_RULE_PREFERENCE = 10

/**
 * A pod's localhost and own address lead out to its in-process applications (rules by port), so that source and
 * destination addresses look local on both ways. IPv6 stays on lo alone: there is none in the cluster's network.
 */
const NAMESPACE_SCRIPT = `cd /proc/sys/net
echo 0 > ipv4/conf/all/rp_filter
echo 0 > ipv4/conf/default/rp_filter
echo 1 > ipv4/conf/all/accept_local
echo 1 > ipv4/conf/all/route_localnet
echo "0 2147483647" > ipv4/ping_group_range 2>/dev/null || echo "0 0" > ipv4/ping_group_range
[ ! -e ipv6 ] || echo 1 > ipv6/conf/default/disable_ipv6
exec ip -batch -`

export interface HeldNamespace extends PodNamespace {
  /** The veth's end in the cluster's namespace. */
  device: string
  /** Lets go of the namespace; it ends with its last process. */
  close(): void
}

/** Makes the namespace; `device` must be new and begin with `v`. */
export async function makeNamespace(
  podIp: PodIp,
  device: string,
  appPorts: readonly number[],
  run: RunProgram,
): Promise<HeldNamespace> {
  const inside = [
    'link set lo up',
    `link add eth0 up type veth peer name ${device} netns ${process.pid}`,
    `addr add ${podIp}/32 dev eth0`,
    `route add ${GATEWAY_IP} dev eth0`,
    `route add default via ${GATEWAY_IP} src ${podIp}`,
    `route add default via ${GATEWAY_IP} dev eth0 src ${podIp} table ${APP_ROUTE_TABLE}`,
    'rule add from all lookup local pref 20',
    'rule del pref 0',
    ...appPorts.map(addAppRule),
  ]
  const descriptor = await unshareNetwork(inside)
  try {
    await run('ip', ['-batch', '-'], clusterSide(device, podIp))
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
  return {
    path: `/proc/${process.pid}/fd/${descriptor}`,
    device,
    close: () => closeSync(descriptor),
  }
}

const clusterSide = (device: string, podIp: PodIp) =>
  `link set ${device} up\nroute add ${podIp}/32 dev ${device} table ${ROUTE_TABLE}\n`

const addAppRule = (port: number) =>
  `rule add ipproto tcp dport ${port} lookup ${APP_ROUTE_TABLE} pref ${APP_RULE_PREFERENCE}`

const deleteAppRule = (port: number) =>
  `rule del ipproto tcp dport ${port} lookup ${APP_ROUTE_TABLE} pref ${APP_RULE_PREFERENCE}`

/** Leads the ports of a running namespace's localhost to the in-process applications, and no others. */
export async function changeAppPorts(
  namespace: PodNamespace,
  before: readonly number[],
  after: readonly number[],
  run: RunProgram,
): Promise<void> {
  const lines = [
    ...before.filter(port => !after.includes(port)).map(deleteAppRule),
    ...after.filter(port => !before.includes(port)).map(addAppRule),
  ]
  if (lines.length === 0) return
  await run('nsenter', [`--net=${namespace.path}`, 'ip', '-batch', '-'], `${lines.join('\n')}\n`)
}

/** Runs `ip` lines in a new network namespace and returns a descriptor that keeps it. */
async function unshareNetwork(lines: readonly string[]): Promise<number> {
  const child = spawn('unshare', ['--net', '--', '/bin/sh', '-c', NAMESPACE_SCRIPT], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const script = `${lines.join('\n')}\n`
  const ended = outcomeOf(child, 'unshare --net ip -batch -')
  ended.catch(() => undefined)
  // `ip` prints a link as soon as it gets to that line: by then the namespace stands and the process is still in it.
  const standing = new Promise<void>(resolve => child.stdout.once('data', () => resolve()))
  child.stdin.write(`${script}link show dev lo\n`)
  await Promise.race([standing, ended])
  if (child.pid === undefined) throw new ProgramError('cannot run unshare: no process')
  const descriptor = openSync(`/proc/${child.pid}/ns/net`, 'r')
  child.stdin.end()
  try {
    await ended
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}
