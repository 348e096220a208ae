/** Follows the access logs of sidecars: each once, for the request history and for whoever else listens. */
import type { KubeClient } from '../kube-client/client.ts'
import type { Collection } from '../kube-client/collection.ts'
import { type KubeObject, listAt, textAt } from '../kube-client/objects.ts'
import { type Clock, type Disposable, pause } from '../lifecycle.ts'
import { parseAccessLog } from './access-log.ts'
import { attributeRequest, type Peer } from './attribute-request.ts'
import { identityOf } from './istio-names.ts'
import type { LogListener, RequestHistory } from './request-history.ts'

export const PROXY_CONTAINER = 'istio-proxy'

/** How far each log has been read, by pod uid; kept when a cluster is lost and comes back. */
export type ReadMarks = Map<string, string>

interface FollowOptions {
  client: KubeClient
  pods: Collection
  readMarks: ReadMarks
  /** RFC 3339: what logs say of earlier times does not matter. */
  since: string
  clock: Clock
}

interface ProxyLogOptions extends FollowOptions {
  onEntry: LogListener
}

export interface AccessLogFollowerOptions extends FollowOptions {
  namespace: string
  history: RequestHistory
  /** Pods of the learner's own namespace, when this is another: callers and called are known by name there. */
  ownPods?: Collection
}

const RETRY_MS = 500

/** The requests of one namespace, attributed, into the history. */
export function followAccessLogs(options: AccessLogFollowerOptions): Disposable {
  const { namespace, pods, history } = options
  const peers = new Map<string, Peer>()
  const learnPeers = () => {
    for (const pod of pods.all()) {
      const ip = textAt(pod, 'status', 'podIP')
      // A gone pod's address stays known: lines about it may still come.
      if (ip !== '') peers.set(ip, { ...identityOf(pod), hasSidecar: hasSidecar(pod) })
    }
  }
  /** What a sidecar there recorded counts there; here the called pod's record counts. */
  const ownPeer = (ip: string): Peer | undefined => {
    const pod = options.ownPods?.all().find(one => textAt(one, 'status', 'podIP') === ip)
    return pod && { ...identityOf(pod), hasSidecar: false }
  }
  const listening = pods.onChange(learnPeers)
  learnPeers()
  const following = followProxyLogs({
    ...options,
    onEntry(entry, pod) {
      history.heard(entry, pod)
      const row = attributeRequest(entry, {
        namespace,
        self: { ...identityOf(pod), hasSidecar: true, ip: textAt(pod, 'status', 'podIP') },
        peerByIp: ip => peers.get(ip) ?? ownPeer(ip),
      })
      if (row) history.add(entry.startedAt, row, options.ownPods ? namespace : undefined)
    },
  })
  return {
    dispose() {
      listening.dispose()
      following.dispose()
    },
  }
}

/** Every log of a collection of pods, each followed from where it was left. */
function followProxyLogs(options: ProxyLogOptions): Disposable {
  const { pods, clock } = options
  const following = new Map<string, AbortController>()
  const current = new Map<string, KubeObject>()

  const look = () => {
    const present = new Set<string>()
    for (const pod of pods.all()) {
      const uid = pod.metadata.uid ?? pod.metadata.name
      if (!hasSidecar(pod)) continue
      present.add(uid)
      current.set(uid, pod)
      if (following.has(uid) || !hasStarted(pod)) continue
      const abort = new AbortController()
      following.set(uid, abort)
      void followPod(pod, uid, abort.signal)
    }
    for (const [uid, abort] of following) {
      if (present.has(uid)) continue
      abort.abort()
      following.delete(uid)
      current.delete(uid)
    }
  }

  async function followPod(pod: KubeObject, uid: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await options.client.followLog({
          namespace: pod.metadata.namespace ?? '',
          pod: pod.metadata.name,
          container: PROXY_CONTAINER,
          sinceTime: wholeSecond(options.readMarks.get(uid) ?? options.since),
          signal,
          onLine: line => read(line, pod, uid),
        })
      } catch {
        // The container is not up yet or the connection broke: tried again as long as the pod is there.
      }
      await pause(clock, RETRY_MS, signal)
    }
  }

  function read(line: string, pod: KubeObject, uid: string): void {
    const space = line.indexOf(' ')
    const time = line.slice(0, space)
    // After a reconnection the log begins some lines before the last one read.
    const mark = options.readMarks.get(uid)
    if (mark !== undefined && comparable(time) <= comparable(mark)) return
    options.readMarks.set(uid, time)
    const entry = parseAccessLog(line.slice(space + 1))
    if (entry) options.onEntry(entry, current.get(uid) ?? pod)
  }

  const listening = pods.onChange(look)
  look()
  return {
    dispose() {
      listening.dispose()
      for (const abort of following.values()) abort.abort()
      following.clear()
    },
  }
}

/** Sidecars are containers, or init containers that stay (native sidecars). */
export const hasSidecar = (pod: KubeObject): boolean =>
  [...listAt(pod, 'spec', 'containers'), ...listAt(pod, 'spec', 'initContainers')].some(
    container => textAt(container, 'name') === PROXY_CONTAINER,
  )

const hasStarted = (pod: KubeObject): boolean =>
  [...listAt(pod, 'status', 'containerStatuses'), ...listAt(pod, 'status', 'initContainerStatuses')].some(
    status => textAt(status, 'name') === PROXY_CONTAINER && listKeys(status).some(key => key !== 'waiting'),
  )

const listKeys = (status: unknown): string[] => {
  if (typeof status !== 'object' || status === null || !('state' in status)) return []
  const { state } = status
  return typeof state === 'object' && state !== null ? Object.keys(state) : []
}

/** Kubelets cut trailing zeros of the nanoseconds; padded, the times compare as text. */
function comparable(time: string): string {
  const [seconds = '', fraction = ''] = time.replace(/Z$/, '').split('.')
  return `${seconds}.${fraction.padEnd(9, '0')}`
}

/** `sinceTime` knows whole seconds. */
const wholeSecond = (time: string): string => `${time.slice(0, 19)}Z`
