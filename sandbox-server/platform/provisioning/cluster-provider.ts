/**
 * The one thing the platform asks of the outside: a cluster for a learner. Embedded clusters, one each, and a shared
 * cluster given by KUBECONFIG are two implementations, both outside the platform.
 */

/** A cluster that is running. */
export interface Cluster {
  /** YAML. */
  readonly kubeconfig: string
  /**
   * Resolves when the cluster has died without being released. The platform then acquires again for the same learner
   * and expects the objects it left. Absent where a cluster's death cannot be told (connections simply fail).
   */
  readonly lost?: Promise<void>
  /** True when no other learner uses this cluster: its learner then gets the rights of an administrator. */
  readonly exclusive?: boolean
  /** The learner does not need it now; objects are kept. Idempotent. */
  release(): Promise<void>
}

export interface ClusterProvider {
  /** Its clusters take this machine's memory and processor; one that is elsewhere has a scheduler of its own. */
  readonly onThisMachine?: boolean
  /** The same learner id gives the same objects again. Rejects with an Error whose message says what to do. */
  acquire(learnerId: string): Promise<Cluster>
  /** Deletes the learner's objects for good; the cluster has been released. Absent where that cannot be done. */
  forget?(learnerId: string): Promise<void>
}

/** One cluster that exists already, for everyone; `kubeconfig` is YAML. Releasing leaves everything as it is. */
export const sharedCluster = (kubeconfig: string): ClusterProvider => ({
  acquire: async () => ({ kubeconfig, release: async () => undefined }),
})
