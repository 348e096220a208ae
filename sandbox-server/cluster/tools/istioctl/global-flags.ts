/** The flags every istioctl command has, and the client they describe. */

import type { Flags } from '../cli/command.ts'
import type { Flag } from '../cli/flags.ts'
import { KubeClient } from '../kube/client.ts'
import { findAccess } from '../kube/kubeconfig.ts'
import { durationMs } from '../text/duration.ts'

export const GLOBAL_FLAGS: readonly Flag[] = [
  {
    name: 'as',
    type: 'string',
    usage:
      'Username to impersonate for the operation. User could be a regular user or a service account in a namespace',
  },
  {
    name: 'as-group',
    type: 'stringArray',
    usage: 'Group to impersonate for the operation, this flag can be repeated to specify multiple groups.',
  },
  { name: 'as-uid', type: 'string', usage: 'UID to impersonate for the operation.' },
  { name: 'context', type: 'string', usage: 'Kubernetes configuration context' },
  {
    name: 'istioNamespace',
    short: 'i',
    type: 'string',
    default: 'istio-system',
    usage: 'Istio system namespace',
  },
  {
    name: 'kubeclient-timeout',
    type: 'string',
    default: '15s',
    usage: 'Kubernetes client timeout as a time.Duration string, defaults to 15 seconds.',
  },
  { name: 'kubeconfig', short: 'c', type: 'string', usage: 'Kubernetes configuration file' },
  { name: 'namespace', short: 'n', type: 'string', usage: 'Kubernetes namespace' },
  {
    name: 'vklog',
    type: 'Level',
    usage: 'number for the log level verbosity. Like -v flag. ex: --vklog=9',
  },
]

export interface ClusterContext {
  client: KubeClient
  /** `-n`, else the kubeconfig's. */
  namespace: string
  istioNamespace: string
}

/** Throws KubeconfigError. */
export function openCluster(flags: Flags): ClusterContext {
  const access = findAccess(
    { kubeconfig: flags.string('kubeconfig'), context: flags.string('context') },
    process.env,
  )
  const client = new KubeClient(access, durationMs(flags.string('kubeclient-timeout')) ?? 15_000, {
    user: flags.string('as'),
    groups: flags.list('as-group'),
    uid: flags.string('as-uid'),
  })
  return {
    client,
    namespace: flags.string('namespace') || access.namespace,
    istioNamespace: flags.string('istioNamespace'),
  }
}

/** Runs with a client that is closed afterwards. */
export async function withCluster<T>(
  flags: Flags,
  work: (context: ClusterContext) => Promise<T>,
): Promise<T> {
  const context = openCluster(flags)
  try {
    return await work(context)
  } finally {
    context.client.close()
  }
}
