/** Istio's CRDs against the OpenAPI, the tables and the discovery documents of a real server that serves them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type CustomResourceDefinition, istioCrds } from '../../sandbox-server/cluster/istiod/crds/index.ts'

const API = join(import.meta.dirname, 'recordings', 'kubernetes', 'api')
const crds = istioCrds()

const crdOf = (kind: string): CustomResourceDefinition => {
  const crd = crds.find(({ spec }) => spec.names.kind === kind)
  if (!crd) throw new Error(`no CRD of kind ${kind}`)
  return crd
}

const openApi = z.object({
  components: z.object({
    schemas: z.record(
      z.string(),
      z.looseObject({ properties: z.record(z.string(), z.unknown()).optional() }),
    ),
  }),
})

/** The recorded answer's body. */
const body = <T>(file: string, schema: z.ZodType<T>): T => {
  const recording: unknown = JSON.parse(readFileSync(join(API, file), 'utf8'))
  const { response } = z.object({ response: z.object({ body: z.unknown() }) }).parse(recording)
  return schema.parse(response.body)
}

describe('the schemas of the CRDs', () => {
  for (const group of ['networking.istio.io', 'security.istio.io']) {
    const file = join(API, 'openapi', `${group}-v1.json.gz`)
    const { components } = openApi.parse(JSON.parse(gunzipSync(readFileSync(file)).toString()))
    for (const [name, recorded] of Object.entries(components.schemas)) {
      const kind = name.split('.').at(-1) ?? ''
      if (!name.startsWith('io.istio.') || kind.endsWith('List')) continue
      it(`are what the server serves for ${kind}`, () => {
        const { 'x-kubernetes-group-version-kind': _, ...schema } = recorded
        const { spec, status } = schema.properties ?? {}
        const ours = crdOf(kind).spec.versions.find(version => version.name === 'v1')
        expect(ours?.schema.openAPIV3Schema).toEqual({ ...schema, properties: { spec, status } })
      })
    }
  }

  it('are built when they are first read, and once for all versions', () => {
    const [first, second] = istioCrds().find(({ spec }) => spec.versions.length > 1)?.spec.versions ?? []
    expect(first?.schema).toBe(second?.schema)
  })
})

describe('the printer columns', () => {
  const table = z.object({
    kind: z.literal('Table'),
    columnDefinitions: z.array(z.object({ name: z.string(), type: z.string(), description: z.string() })),
  })
  const recorded = new Set(readdirSync(join(API, 'table')))
  for (const crd of crds.filter(({ spec }) => recorded.has(`${spec.names.plural}.json`))) {
    const columns = crd.spec.versions[0]?.additionalPrinterColumns
    if (!columns) continue
    it(`of ${crd.spec.names.plural} are those of the server's table`, () => {
      const { columnDefinitions } = body(join('table', `${crd.spec.names.plural}.json`), table)
      const ours = columns.map(({ name, type, description }) => ({ name, type, description }))
      expect(ours).toEqual(columnDefinitions.slice(1))
    })
  }
})

describe('the names', () => {
  const list = z.object({
    groupVersion: z.string(),
    resources: z.array(
      z.object({
        name: z.string(),
        singularName: z.string(),
        kind: z.string(),
        shortNames: z.array(z.string()).optional(),
        categories: z.array(z.string()).optional(),
      }),
    ),
  })
  for (const file of readdirSync(join(API, 'discovery')).filter(name => /istio\.io-v/.test(name))) {
    it(`are those of discovery: ${file}`, () => {
      const { groupVersion, resources } = body(join('discovery', file), list)
      const [group, version] = groupVersion.split('/')
      const ours = crds
        .filter(({ spec }) => spec.group === group && spec.versions.some(({ name }) => name === version))
        .map(({ spec: { names } }) => ({
          name: names.plural,
          singularName: names.singular,
          kind: names.kind,
          ...(names.shortNames ? { shortNames: names.shortNames } : {}),
          categories: names.categories,
        }))
      const recorded = resources.filter(({ name }) => !name.includes('/'))
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
      expect([...ours].sort(byName)).toEqual(
        recorded
          .map(({ name, singularName, kind, shortNames, categories }) => ({
            name,
            singularName,
            kind,
            ...(shortNames ? { shortNames } : {}),
            categories,
          }))
          .sort(byName),
      )
    })
  }
})
