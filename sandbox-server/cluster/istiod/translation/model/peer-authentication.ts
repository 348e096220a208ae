/** PeerAuthentication: whether workloads take mutual TLS, plain text, or both. */
import { type Config, labelsInclude } from './config.ts'
import { type Decoded, map, obj, str } from './decode.ts'

const mutualTls = obj({ mode: str })
export const peerAuthenticationSpec = obj({
  selector: obj({ matchLabels: map(str) }),
  mtls: mutualTls,
  portLevelMtls: map(mutualTls),
})
export type PeerAuthenticationSpec = Decoded<typeof peerAuthenticationSpec>

export type MutualTlsMode = 'DISABLE' | 'PERMISSIVE' | 'STRICT'

/** The modes of one workload. */
export interface WorkloadMutualTls {
  mode: MutualTlsMode
  perPort: ReadonlyMap<number, MutualTlsMode>
}

const modeOf = (mode: string | undefined): MutualTlsMode | undefined =>
  mode === 'DISABLE' || mode === 'PERMISSIVE' || mode === 'STRICT' ? mode : undefined

const selects = (config: Config<PeerAuthenticationSpec>): boolean =>
  Object.keys(config.spec.selector?.matchLabels ?? {}).length > 0

export class PeerAuthentications {
  private readonly configs: readonly Config<PeerAuthenticationSpec>[]
  private readonly rootNamespace: string

  /** `configs` oldest first: the oldest of each level holds. */
  constructor(configs: readonly Config<PeerAuthenticationSpec>[], rootNamespace: string) {
    this.configs = configs
    this.rootNamespace = rootNamespace
  }

  private ofNamespace(namespace: string): Config<PeerAuthenticationSpec> | undefined {
    return this.configs.find(c => c.namespace === namespace && !selects(c))
  }

  /** The mode clients assume of a service in the namespace; workloads may differ. */
  namespaceMode(namespace: string): MutualTlsMode {
    const mesh = modeOf(this.ofNamespace(this.rootNamespace)?.spec.mtls?.mode) ?? 'PERMISSIVE'
    if (namespace === this.rootNamespace) return mesh
    return modeOf(this.ofNamespace(namespace)?.spec.mtls?.mode) ?? mesh
  }

  /** The modes of a workload: its own policy before the namespace's before the mesh's. */
  forWorkload(namespace: string, labels: Readonly<Record<string, string>>): WorkloadMutualTls {
    const own = this.configs.find(
      c =>
        c.namespace === namespace &&
        c.namespace !== this.rootNamespace &&
        selects(c) &&
        labelsInclude(labels, c.spec.selector?.matchLabels),
    )
    const mode = modeOf(own?.spec.mtls?.mode) ?? this.namespaceMode(namespace)
    const perPort = new Map<number, MutualTlsMode>()
    for (const [port, setting] of Object.entries(own?.spec.portLevelMtls ?? {})) {
      perPort.set(Number(port), modeOf(setting.mode) ?? mode)
    }
    return { mode, perPort }
  }
}
