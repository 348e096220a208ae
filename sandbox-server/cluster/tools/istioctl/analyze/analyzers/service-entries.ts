/** ServiceEntries. */
import { type Json, numberOf, objectOf, objectsOf, stringOf, stringsOf } from '../../../text/json.ts'
import type { Analyzer } from '../analyzer.ts'
import { scopesOf } from '../hosts.ts'
import { fullName, type Resource, type ResourceSet } from '../resources.ts'

export const protocolAddresses: Analyzer = {
  name: 'serviceentry.Analyzer',
  description: 'Checks the validity of ServiceEntry',
  inputs: ['ServiceEntry'],
  analyze(resources, report) {
    if (allocatesAddresses(resources)) return
    for (const entry of resources.list('ServiceEntry')) {
      const { addresses } = objectOf(entry.object['status'])
      if (entry.spec['addresses'] !== undefined || objectsOf(addresses).length > 0) continue
      objectsOf(entry.spec['ports']).forEach((port, index) => {
        if (/^(tcp)?$/i.test(stringOf(port['protocol'])))
          report('ServiceEntryAddressesRequired', entry, [], `spec.ports[${index}].name`)
      })
    }
  },
}

/** The mesh's proxies answer DNS and give entries addresses of their own. */
function allocatesAddresses({ meshConfig }: ResourceSet): boolean {
  const metadata = objectOf(objectOf(meshConfig['defaultConfig'])['proxyMetadata'])
  const isOn = (key: string) => metadata[key] === 'true'
  return (
    isOn('ISTIO_META_DNS_CAPTURE') &&
    (isOn('ISTIO_META_DNS_AUTO_ALLOCATE') || isOn('PILOT_ENABLE_IP_AUTOALLOCATE'))
  )
}

interface Port {
  key: string
  scope: string
  host: string
  number: number
  protocol: string
  entry: Resource
}

export const conflictingProtocols: Analyzer = {
  name: 'serviceentry.ConflictingServiceEntryProtocolAnalyzer',
  description: 'Checks if multiple ServiceEntries define the same host and port with different protocols',
  inputs: ['ServiceEntry'],
  analyze(resources, report) {
    const ports = Map.groupBy(resources.list('ServiceEntry').flatMap(portsOf), ({ key }) => key)
    const reported = new Set<Resource>()
    for (const own of ports.values()) {
      const [first] = own
      if (!first) continue
      const everywhere = first.scope === '*' ? [] : (ports.get(`* ${first.host} ${first.number}`) ?? [])
      const all = [...own, ...everywhere]
      const protocols = [...new Set(all.map(({ protocol }) => protocol))].sort()
      if (protocols.length < 2) continue
      const names = [...new Set(all.map(({ entry }) => fullName(entry)))].sort().join(', ')
      for (const { entry } of all) {
        if (reported.has(entry)) continue
        reported.add(entry)
        report(
          'ConflictingServiceEntryProtocol',
          entry,
          [names, first.host, first.number, protocols.join(', ')],
          'metadata.name',
        )
      }
    }
  },
}

const portsOf = (entry: Resource): Port[] =>
  scopesOf(stringsOf(entry.spec['exportTo']), entry.namespace).flatMap(scope =>
    stringsOf(entry.spec['hosts']).flatMap(host =>
      objectsOf(entry.spec['ports']).map((port: Json) => {
        const number = numberOf(port['number'])
        return {
          key: `${scope} ${host} ${number}`,
          scope,
          host,
          number,
          protocol: stringOf(port['protocol']).toUpperCase(),
          entry,
        }
      }),
    ),
  )
