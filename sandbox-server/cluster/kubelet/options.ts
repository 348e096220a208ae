/** What a kubelet needs from the rest of the cluster. */
import type { Api } from '../apiserver/api.ts'
import type { SidecarRuntime } from '../envoy/contract.ts'
import type { Image } from '../images/image.ts'
import type { Clock } from '../lifecycle.ts'
import type { PodNetwork } from '../network/contract.ts'

export interface KubeletOptions {
  api: Api
  network: PodNetwork
  /** undefined: no such image, so ErrImagePull. */
  images(reference: string): { image: Image; tag: string } | undefined
  sidecars: SidecarRuntime
  dns: PodResolver
  clock: Clock
  /** Containers' file systems, volumes and logs; they outlive the process. */
  directory: string
  nodeName: string
  tools: ContainerTools
  /** Stands in containers where the machine has its trusted certificates. */
  trustDirectory?: string
  /** A token for a mounted ServiceAccount (bound to nothing but it). */
  serviceAccountToken(
    namespace: string,
    serviceAccount: string,
    audience: string | undefined,
  ): string | Promise<string>
  /** Lines for the operator. */
  log?(line: string): void
}

export interface PodResolver {
  /** IPv4 addresses of `host` as a pod of `namespace` would resolve it (search path included); empty: no such host. */
  resolve(host: string, namespace: string): readonly string[] | Promise<readonly string[]>
}

export interface ContainerTools {
  /** Has `bin` with kubectl, istioctl, pilot-agent and the like: read-only in every container that is given it. */
  directory?: string
}
