/** The mesh's configuration with Istio's defaults filled in. */
import { parse } from 'yaml'
import { isObject } from './decode.ts'
import { protoDuration } from './duration.ts'
import { type MeshConfig, meshConfigSpec } from './specs/mesh-config.ts'

/** What the translation needs of MeshConfig; durations in proto3 JSON. */
export interface MeshSettings {
  config: MeshConfig
  rootNamespace: string
  trustDomain: string
  /** Listeners of the proxy itself. */
  outboundPort: number
  inboundPort: number
  connectTimeout: string
  protocolDetectionTimeout: string
  dnsRefreshRate: string
  autoMtls: boolean
  /** What happens to destinations nobody knows. */
  outboundMode: string
}

/** Reads MeshConfig's YAML; what cannot be read counts as not set. */
export function meshSettings(yaml: string | undefined): MeshSettings {
  const config = meshConfigSpec(readYaml(yaml)) ?? {}
  return {
    config,
    rootNamespace: config.rootNamespace || 'istio-system',
    trustDomain: config.trustDomain || 'cluster.local',
    outboundPort: config.proxyListenPort || 15001,
    inboundPort: config.proxyInboundListenPort || 15006,
    connectTimeout: protoDuration(config.connectTimeout) ?? '10s',
    protocolDetectionTimeout: protoDuration(config.protocolDetectionTimeout) ?? '0s',
    dnsRefreshRate: protoDuration(config.dnsRefreshRate) ?? '60s',
    autoMtls: config.enableAutoMtls ?? true,
    outboundMode: config.outboundTrafficPolicy?.mode ?? 'ALLOW_ANY',
  }
}

function readYaml(text: string | undefined): Record<string, unknown> {
  if (!text) return {}
  let parsed: unknown
  try {
    parsed = parse(text)
  } catch {
    // istiod keeps its defaults when the ConfigMap cannot be read; whoever wrote it sees that in its log.
    return {}
  }
  return isObject(parsed) ? parsed : {}
}
