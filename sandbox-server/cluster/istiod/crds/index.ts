/**
 * Istio's CustomResourceDefinitions, as `istioctl install` creates them.
 *
 * Names, versions and printer columns are there at once; `spec.versions[].schema` is a getter that builds the schema
 * when first read and keeps it, because together they are some 300 KB of objects and most of a cluster's life needs
 * few. Reading, JSON.stringify and structuredClone see ordinary data; whoever wants to stay lazy keeps the objects
 * handed out here and reads `schema` only when a resource of that kind is written.
 */
import type { NewObject } from '../../apiserver/api.ts'
import type { JsonSchema } from '../../apiserver/schema/json-schema.ts'
import { type IstioKind, istioKinds, type PrinterColumn } from './kinds.ts'

export interface CustomResourceVersion {
  name: string
  served: boolean
  storage: boolean
  additionalPrinterColumns?: PrinterColumn[]
  readonly schema: { openAPIV3Schema: JsonSchema }
  subresources: { status: Record<string, never> }
}

/** apiextensions.k8s.io/v1, without status. */
export interface CustomResourceDefinition extends NewObject {
  apiVersion: 'apiextensions.k8s.io/v1'
  kind: 'CustomResourceDefinition'
  metadata: NewObject['metadata'] & { name: string }
  spec: {
    group: string
    names: {
      kind: string
      listKind: string
      plural: string
      singular: string
      shortNames?: string[]
      categories: string[]
    }
    scope: 'Namespaced'
    versions: CustomResourceVersion[]
  }
}

const definition = (kind: IstioKind): CustomResourceDefinition => {
  let built: { openAPIV3Schema: JsonSchema } | undefined
  const prefix = kind.group.split('.')[0]
  const versions = kind.versions.map(
    (name): CustomResourceVersion => ({
      ...(kind.columns ? { additionalPrinterColumns: [...kind.columns] } : {}),
      name,
      get schema() {
        built ??= { openAPIV3Schema: kind.schema() }
        return built
      },
      served: true,
      storage: name === kind.storageVersion,
      subresources: { status: {} },
    }),
  )
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      annotations: { 'helm.sh/resource-policy': 'keep' },
      labels: { app: 'istio-pilot', chart: 'istio', heritage: 'Tiller', release: 'istio', ...kind.labels },
      name: `${kind.plural}.${kind.group}`,
    },
    spec: {
      group: kind.group,
      names: {
        categories: ['istio-io', `${prefix}-istio-io`],
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        ...(kind.shortName ? { shortNames: [kind.shortName] } : {}),
        singular: kind.kind.toLowerCase(),
      },
      scope: 'Namespaced',
      versions,
    },
  }
}

/** One object per kind of networking, security, telemetry and extensions.istio.io; new objects at each call. */
export const istioCrds = (): CustomResourceDefinition[] => istioKinds.map(definition)
