/** Which collection an object of some apiVersion and kind belongs to, asked from the server once per group version. */
import { KubeError } from './kube-error.ts'
import { at, listAt, type ResourceRef, textAt } from './objects.ts'
import type { Transport } from './transport.ts'

export interface KnownResource extends ResourceRef {
  kind: string
  namespaced: boolean
}

export interface Discovery {
  /** Rejects with KubeError 404 when the server does not serve the kind. */
  ofKind(apiVersion: string, kind: string): Promise<KnownResource>
  /** By kubectl's name, `virtualservices.networking.istio.io` or `pods`; the group's preferred version. */
  ofName(name: string): Promise<KnownResource>
}

export function openDiscovery(transport: Transport): Discovery {
  const groupVersions = new Map<string, Promise<readonly KnownResource[]>>()
  let groups: Promise<Map<string, string>> | undefined

  function resourcesOf(apiVersion: string): Promise<readonly KnownResource[]> {
    const known = groupVersions.get(apiVersion)
    if (known) return known
    const asked = ask(transport, apiVersion)
    groupVersions.set(apiVersion, asked)
    // A kind may be installed later: a failure is not remembered.
    asked.catch(() => groupVersions.delete(apiVersion))
    return asked
  }

  async function preferredVersion(group: string): Promise<string> {
    if (group === '') return 'v1'
    groups ??= askGroups(transport)
    groups.catch(() => (groups = undefined))
    const version = (await groups).get(group)
    if (version) return version
    groups = undefined
    throw notServed(group)
  }

  return {
    async ofKind(apiVersion, kind) {
      const found = (await resourcesOf(apiVersion)).find(resource => resource.kind === kind)
      if (!found) throw notServed(`${kind} in ${apiVersion}`)
      return found
    },
    async ofName(name) {
      const [resource = '', ...rest] = name.split('.')
      const group = rest.join('.')
      const version = await preferredVersion(group)
      const found = (await resourcesOf(group === '' ? version : `${group}/${version}`)).find(
        known => known.resource === resource,
      )
      if (!found) throw notServed(name)
      return found
    },
  }
}

const notServed = (what: string) => new KubeError(404, 'NotFound', `this cluster does not know ${what}`)

async function ask(transport: Transport, apiVersion: string): Promise<readonly KnownResource[]> {
  const [first = '', second] = apiVersion.split('/')
  const [group, version] = second === undefined ? ['', first] : [first, second]
  const answer = await transport.send('GET', group === '' ? `/api/${version}` : `/apis/${group}/${version}`)
  return listAt(answer, 'resources')
    .filter(entry => !textAt(entry, 'name').includes('/'))
    .map(entry => ({
      group,
      version,
      resource: textAt(entry, 'name'),
      kind: textAt(entry, 'kind'),
      namespaced: at(entry, 'namespaced') === true,
    }))
}

async function askGroups(transport: Transport): Promise<Map<string, string>> {
  const answer = await transport.send('GET', '/apis')
  return new Map(
    listAt(answer, 'groups').map(group => [
      textAt(group, 'name'),
      textAt(group, 'preferredVersion', 'version'),
    ]),
  )
}
