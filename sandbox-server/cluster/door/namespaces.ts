/**
 * The namespaces one cluster lives in, and their first process. Killing the first process ends everything inside.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * pid 1: a tiny shell that gives the cluster a /run of its own and reaps orphans (`wait` collects any child).
 * Its exit status is that of the cluster's process.
 */
const FIRST_PROCESS = `
mount -t tmpfs -o mode=755,size=64m tmpfs /run || exit 70
"$@" &
main=$!
trap 'kill -TERM $main' TERM INT
while :; do
  wait $main
  status=$?
  kill -0 $main 2>/dev/null || exit $status
done
`

export interface InnerProcess {
  child: ChildProcess
  /** The host's number of the process that is 1 inside, for nsenter. Throws when it has ended. */
  firstProcessId(): number
}

/** Starts `command` as uid 0 of new user, mount, pid, network, ipc and uts namespaces; no privilege is needed. */
export function startInNamespaces(command: readonly string[], env: NodeJS.ProcessEnv): InnerProcess {
  const unshare = ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--net', '--ipc', '--uts']
  const child = spawn(
    'unshare',
    [...unshare, '--kill-child=SIGKILL', '--mount-proc', 'sh', '-c', FIRST_PROCESS, 'cluster', ...command],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env, serialization: 'json' },
  )
  return {
    child,
    firstProcessId() {
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')
      const pid = Number(children[0])
      if (!pid) throw new Error('the cluster has ended')
      return pid
    },
  }
}
