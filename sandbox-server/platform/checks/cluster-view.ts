/**
 * What the checks see of one running cluster: the learner's namespace, others that a step looks into, and the learner's
 * requests and commands, which outlive the cluster.
 */
import type { Localized } from '../../protocol/lesson.ts'
import type { KubeClient } from '../kube-client/client.ts'
import { at } from '../kube-client/objects.ts'
import { serverTexts } from '../lessons/texts.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import { SERVICE_ACCOUNT } from '../provisioning/namespace-objects.ts'
import { followAccessLogs, type ReadMarks } from './access-log-follower.ts'
import type { CommandHistory } from './command-history.ts'
import { type NamespaceView, openNamespaceView } from './namespace-view.ts'
import type { RequestHistory } from './request-history.ts'

export interface ClusterView extends NamespaceView {
  readonly client: KubeClient
  /** The learner's; `namespace` is the one that is looked at. */
  readonly ownNamespace: string
  readonly clock: Clock
  readonly requests: RequestHistory
  readonly commands: CommandHistory
  /** The same cluster, looking into another namespace. Rejects with NamespaceBlocked where the learner may not look. */
  into(namespace: string): Promise<ClusterView>
}

/** The learner may not look there; the message says so. */
export class NamespaceBlocked extends Error {
  override name = 'NamespaceBlocked'
  readonly text: Localized
  constructor(namespace: string) {
    const text = serverTexts.namespaceBlocked(namespace)
    super(text.en)
    this.text = text
  }
}

export interface ClusterViewOptions {
  client: KubeClient
  namespace: string
  /** Whether the cluster is the learner's alone: then every namespace is. */
  exclusive: boolean
  clock: Clock
  requests: RequestHistory
  commands: CommandHistory
  readMarks: ReadMarks
  /** Milliseconds since the epoch: how far back access logs are read. */
  requestsSince: number
  log: Log
}

export async function openClusterView(options: ClusterViewOptions): Promise<ClusterView & Disposable> {
  const { client, namespace: ownNamespace, clock, requests, commands } = options
  const disposables: Disposable[] = []
  const others = new Map<string, Promise<ClusterView>>()
  let disposed = false

  const own = await open(ownNamespace)
  const into = (namespace: string): Promise<ClusterView> => {
    if (namespace === ownNamespace) return Promise.resolve(view)
    const known = others.get(namespace)
    if (known) return known
    const opening = openOther(namespace)
    others.set(namespace, opening)
    opening.catch(() => others.delete(namespace))
    return opening
  }
  const shared = { client, ownNamespace, clock, requests, commands, into }
  const view: ClusterView = {
    ...own,
    ...shared,
    async caughtUp() {
      const opened = await Promise.allSettled(others.values())
      const views = opened.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
      await Promise.all([own, ...views].map(one => one.caughtUp()))
    },
  }

  async function openOther(namespace: string): Promise<ClusterView> {
    if (!options.exclusive && !(await mayLook(client, ownNamespace, namespace)))
      throw new NamespaceBlocked(namespace)
    return { ...(await open(namespace)), ...shared }
  }

  async function open(namespace: string): Promise<NamespaceView> {
    const opened = await openNamespaceView({ client, namespace, clock, log: options.log })
    disposables.push(opened)
    disposables.push(
      followAccessLogs({
        client,
        namespace,
        pods: opened.pods,
        ...(namespace === ownNamespace ? {} : { ownPods: own.pods }),
        history: requests,
        readMarks: options.readMarks,
        since: new Date(options.requestsSince).toISOString(),
        clock,
      }),
    )
    if (disposed) dispose()
    return opened
  }
  function dispose(): void {
    disposed = true
    for (const one of disposables.splice(0)) one.dispose()
  }
  return { ...view, dispose }
}

/** Asked of the cluster, for the learner's own identity. A cluster that does not answer that lets nobody look. */
async function mayLook(client: KubeClient, ownNamespace: string, namespace: string): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: {
      user: `system:serviceaccount:${ownNamespace}:${SERVICE_ACCOUNT}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${ownNamespace}`, 'system:authenticated'],
      resourceAttributes: { verb: 'get', resource: 'pods', subresource: 'log', namespace },
    },
  }
  const answer = await client.transport
    .send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body: review })
    .catch(() => undefined)
  return at(answer, 'status', 'allowed') === true
}
