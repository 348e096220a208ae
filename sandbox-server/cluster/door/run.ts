/** How a program of the user's comes to stand in the cluster's network with the user's files, for `cluster run`. */
import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FromInner } from './messages.ts'

/** The outside of a cluster has certificates of its own authority. */
const TRUSTED = '/etc/ssl/certs'

interface Wanted {
  /** The host's number of the cluster's first process. */
  firstProcessId: number
  shell: Extract<FromInner, { type: 'shell' }>
  runtimeDirectory: string
  command: readonly string[]
}

/**
 * `nsenter` joins the cluster's user namespace and the shell's network; `bwrap` keeps the host's files, puts the
 * cluster's DNS and trusted certificates in place, and ends whatever the command leaves running.
 */
export function commandInCluster({ firstProcessId, shell, runtimeDirectory, command }: Wanted): string[] {
  writeFileSync(join(runtimeDirectory, 'kubeconfig'), shell.kubeconfig, { mode: 0o600 })
  writeFileSync(join(runtimeDirectory, 'resolv.conf'), shell.resolvConf)
  const enter = ['nsenter', `--target=${firstProcessId}`, '--user', '--preserve-credentials']
  const network = `--net=/proc/${firstProcessId}/root${shell.network}`
  const files = [
    '--dev-bind',
    '/',
    '/',
    '--ro-bind',
    join(runtimeDirectory, 'resolv.conf'),
    realpathSync('/etc/resolv.conf'),
    ...(existsSync(TRUSTED) ? ['--ro-bind', shell.trustDirectory, realpathSync(TRUSTED)] : []),
  ]
  const processes = ['--unshare-pid', '--proc', '/proc', '--die-with-parent']
  return [...enter, network, 'bwrap', ...files, ...processes, '--', ...command]
}
