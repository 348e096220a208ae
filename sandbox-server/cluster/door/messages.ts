/** What the door and the process inside the namespaces tell each other over Node's IPC channel. */

/** Handed to the inner process as its one argument, in JSON. */
export interface InnerConfig {
  /** State that outlives the process: objects, certificates, logs, volumes. */
  directory: string
  /** Short-lived sockets; short, because a Unix socket's path has at most 107 bytes. */
  runtimeDirectory: string
  /** Shared by all clusters of this user: what is computed once, e.g. compiled code. Safe to lose. */
  cacheDirectory: string
  profile: Profile
  tools: ToolPaths
}

export interface ToolPaths {
  envoy: string
  /** Has `bin` with kubectl, istioctl, pilot-agent and friends (`../tools/build.ts`), for the containers that have them. */
  directory: string
}

/** What `istioctl install --set profile=` would name: `demo` has an egress gateway and access logs. */
export type Profile = 'demo' | 'default'

export type FromInner =
  /** `kubeconfig` names the server as `https://127.0.0.1:0`; the door knows the port. */
  | { type: 'ready'; kubeconfig: string; apiSocket: string }
  | { type: 'failed'; message: string }
  /** Answer to `shell`: where a program of the user's can stand in the cluster's network, and how it reaches the API there. */
  | { type: 'shell'; network: string; resolvConf: string; kubeconfig: string; trustDirectory: string }

export type ToInner = { type: 'shell'; namespace: string } | { type: 'stop' }
