/** The cluster the words are about. */

import type { Streams } from '../cli/command.ts'
import { KubeClient } from '../kube/client.ts'
import { findAccess } from '../kube/kubeconfig.ts'
import type { Words } from './words.ts'

export interface Ask {
  words: Words
  streams: Streams
}

export interface Cluster {
  client: KubeClient
  namespace: string
  server: string
}

const TIMEOUT_MS = 15_000

/** Runs with a client that is closed afterwards. */
export async function withCluster<T>({ words }: Ask, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const access = findAccess({ kubeconfig: words.kubeconfig, context: words.context }, process.env)
  const client = new KubeClient(access, TIMEOUT_MS)
  try {
    return await work({ client, namespace: words.namespace ?? access.namespace, server: access.server })
  } finally {
    client.close()
  }
}
