/**
 * One question, one answer, as CoreDNS' kubernetes plug-in gives it (Kubernetes DNS specification 1.1). Pure: sockets
 * and caches are elsewhere.
 */
import type { Answer, Question, SrvAnswer, StringAnswer } from 'dns-packet'
import type { Service } from '../controllers/kinds.ts'
import { endpointHostname, portsNamed, readyEndpoints } from './endpoints.ts'
import type { DnsView } from './view.ts'

export interface DnsAnswer {
  rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED'
  answers: Answer[]
  authorities: Answer[]
  additionals: Answer[]
}

/** CoreDNS' `ttl` in the Corefile that kubeadm writes. */
const TTL_SECONDS = 30
const CHAIN_LIMIT = 8

type Asked = Pick<Question, 'name' | 'type'>

/** Answers are in the case the question was asked in. */
export function answer(question: Asked, view: DnsView, depth = 0): DnsAnswer {
  const name = question.name.replace(/\.$/, '')
  const labels = name.toLowerCase().split('.')
  const domain = view.clusterDomain.split('.')
  if (labels.slice(-2).join('.') === 'in-addr.arpa') return reverse(question, labels, view)
  if (labels.length < domain.length || labels.slice(-domain.length).join('.') !== view.clusterDomain) {
    return outside(question, labels.join('.'), view)
  }
  const found = inside({ ...question, name }, labels.slice(0, -domain.length), view, depth)
  if (!found) return nothing('NXDOMAIN', view)
  return found.answers.length > 0 ? found : nothing('NOERROR', view)
}

const records = (answers: Answer[], additionals: Answer[] = []): DnsAnswer => ({
  rcode: 'NOERROR',
  answers,
  authorities: [],
  additionals,
})

/** Says no, with the zone's SOA so that the resolver knows for how long. */
function nothing(rcode: DnsAnswer['rcode'], { clusterDomain }: DnsView): DnsAnswer {
  const soa: Answer = {
    type: 'SOA',
    name: clusterDomain,
    ttl: TTL_SECONDS,
    data: {
      mname: `ns.dns.${clusterDomain}`,
      rname: `hostmaster.${clusterDomain}`,
      serial: 1,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: TTL_SECONDS,
    },
  }
  return { rcode, answers: [], authorities: [soa], additionals: [] }
}

const address = (name: string, data: string): StringAnswer => ({ type: 'A', name, ttl: TTL_SECONDS, data })

function outside(question: Asked, name: string, view: DnsView): DnsAnswer {
  const ip =
    view.outsideHosts.get(name) ??
    view.outsideHosts.get(name.replace(/^[^.]*/, '*')) ??
    view.routedHost?.(name)
  if (ip === undefined) return { rcode: 'NXDOMAIN', answers: [], authorities: [], additionals: [] }
  return records(question.type === 'A' ? [address(question.name, ip)] : [])
}

/** Undefined when the name does not exist; no answers when it does, but not with this type. */
function inside(question: Asked, labels: string[], view: DnsView, depth: number): DnsAnswer | undefined {
  const kind = labels.at(-1)
  if (labels.length === 0) return records([])
  if (labels.length === 1 && kind === 'dns-version')
    return records(question.type === 'TXT' ? [text(question.name, '1.1.0')] : [])
  const namespace = labels.at(-2)
  if (kind === 'pod') return podAnswer(question, labels, view)
  if (kind !== 'svc') return undefined
  if (namespace === undefined) return records([])
  const serviceName = labels.at(-3)
  if (serviceName === undefined) return view.hasNamespace(namespace) ? records([]) : undefined
  const service = view.service(namespace, serviceName)
  if (!service) return undefined
  return serviceAnswer(question, service, labels.slice(0, -3), view, depth)
}

const text = (name: string, data: string): Answer => ({ type: 'TXT', name, ttl: TTL_SECONDS, data })

/** `1-2-3-4.namespace.pod`: CoreDNS' `pods insecure`, which needs no such pod to exist. */
function podAnswer(question: Asked, labels: readonly string[], view: DnsView): DnsAnswer | undefined {
  const namespace = labels.at(-2)
  if (namespace === undefined) return records([])
  if (!view.hasNamespace(namespace)) return undefined
  if (labels.length === 2) return records([])
  const ip = labels[0]?.replaceAll('-', '.') ?? ''
  if (labels.length !== 3 || !isIpv4(ip)) return undefined
  return records(question.type === 'A' ? [address(question.name, ip)] : [])
}

const isIpv4 = (text: string): boolean => {
  const parts = text.split('.')
  return parts.length === 4 && parts.every(part => /^\d{1,3}$/.test(part) && Number(part) < 256)
}

function serviceAnswer(
  question: Asked,
  service: Service,
  prefix: string[],
  view: DnsView,
  depth: number,
): DnsAnswer | undefined {
  if (service.spec.type === 'ExternalName')
    return prefix.length === 0 ? alias(question, service, view, depth) : undefined
  if (isPortPrefix(prefix)) return portAnswer(question, service, prefix, view)
  const headless = service.spec.clusterIP === 'None'
  const endpoints = headless || prefix.length > 0 ? readyEndpoints(view, service) : []
  if (prefix.length === 0) {
    // A headless service without any endpoint does not exist for DNS.
    if (headless && endpoints.length === 0) return undefined
    if (question.type === 'SRV') return everyPort(question, service, view)
    const addresses = headless ? unique(endpoints.map(({ ip }) => ip)) : [service.spec.clusterIP ?? '']
    return records(
      question.type === 'A' ? addresses.filter(Boolean).map(ip => address(question.name, ip)) : [],
    )
  }
  const named = endpoints.filter(endpoint => prefix.length === 1 && endpointHostname(endpoint) === prefix[0])
  if (named.length === 0) return undefined
  return records(
    question.type === 'A' ? unique(named.map(({ ip }) => ip)).map(ip => address(question.name, ip)) : [],
  )
}

const isPortPrefix = (prefix: readonly string[]): boolean =>
  prefix.length === 2 && prefix.every(label => label.startsWith('_'))

function alias(question: Asked, service: Service, view: DnsView, depth: number): DnsAnswer {
  const target = service.spec.externalName ?? ''
  const cname: Answer = { type: 'CNAME', name: question.name, ttl: TTL_SECONDS, data: target }
  if (question.type === 'CNAME' || depth >= CHAIN_LIMIT) return records([cname])
  const followed = answer({ ...question, name: target }, view, depth + 1)
  return records([cname, ...followed.answers])
}

/** `_port._protocol.service`: where that port is served. */
function portAnswer(
  question: Asked,
  service: Service,
  prefix: readonly string[],
  view: DnsView,
): DnsAnswer | undefined {
  const [port = '', protocol = ''] = prefix.map(label => label.slice(1))
  const targets = serverRecords(
    question.name,
    service,
    view,
    ({ name, transport }) => name === port && transport === protocol,
  )
  if (targets.answers.length === 0) return undefined
  if (question.type === 'SRV') return targets
  const ips = targets.additionals.flatMap(record => (record.type === 'A' ? record.data : []))
  return records(question.type === 'A' ? unique(ips).map(ip => address(question.name, ip)) : [])
}

const everyPort = (question: Asked, service: Service, view: DnsView): DnsAnswer =>
  serverRecords(question.name, service, view, () => true)

interface NamedPort {
  name: string
  transport: string
}

function serverRecords(
  name: string,
  service: Service,
  view: DnsView,
  wanted: (port: NamedPort) => boolean,
): DnsAnswer {
  const base = `${service.metadata.name}.${service.metadata.namespace}.svc.${view.clusterDomain}`
  const targets = new Map<string, { target: string; ip: string; port: number }>()
  const add = (target: string, ip: string, port: number) =>
    targets.set(`${target}:${port}`, { target, ip, port })
  if (service.spec.clusterIP === 'None') {
    for (const endpoint of readyEndpoints(view, service)) {
      for (const port of portsNamed(endpoint, wanted))
        add(`${endpointHostname(endpoint)}.${base}`, endpoint.ip, port)
    }
  } else {
    for (const { name: portName = '', protocol = 'TCP', port } of service.spec.ports ?? []) {
      if (wanted({ name: portName, transport: protocol.toLowerCase() }))
        add(base, service.spec.clusterIP ?? '', port)
    }
  }
  const all = [...targets.values()]
  const weight = Math.max(1, Math.floor(100 / Math.max(1, all.length)))
  const answers = all.map(
    ({ target, port }): SrvAnswer => ({
      type: 'SRV',
      name,
      ttl: TTL_SECONDS,
      data: { priority: 0, weight, port, target },
    }),
  )
  const addresses = new Map(all.map(({ target, ip }) => [target, address(target, ip)]))
  return records(answers, [...addresses.values()])
}

function reverse(question: Asked, labels: readonly string[], view: DnsView): DnsAnswer {
  const ip = labels.slice(0, -2).reverse().join('.')
  const service = view.serviceOfIp(ip)
  const endpoint = service ? undefined : view.headlessEndpointOfIp(ip)
  const owner = service ?? endpoint?.service
  if (!owner) return { rcode: 'NXDOMAIN', answers: [], authorities: [], additionals: [] }
  const base = `${owner.metadata.name}.${owner.metadata.namespace}.svc.${view.clusterDomain}`
  const data = endpoint ? `${endpoint.hostname}.${base}` : base
  return records(
    question.type === 'PTR' ? [{ type: 'PTR', name: question.name, ttl: TTL_SECONDS, data }] : [],
  )
}

const unique = (values: readonly string[]): string[] => [...new Set(values)]
