/** `istioctl proxy-config secret`: the proxy's certificates. */
import { X509Certificate } from 'node:crypto'
import { type Json, objectOf, objectsOf, stringOf } from '../../text/json.ts'
import { tabulate } from '../../text/tabwriter.ts'

interface SecretItem {
  name: string
  state: string
  type: string
  isValid: boolean
  serialNumber: string
  notAfter: string
  notBefore: string
  trustDomain: string
}

export function secretTable(secrets: Json, withKind: boolean, now: number): string {
  const active = objectsOf(secrets['dynamicActiveSecrets'])
  const warming = objectsOf(secrets['dynamicWarmingSecrets'])
  if (active.length + warming.length === 0) return 'No active or warming secrets found.\n'
  const items = [
    ...warming.map(secret => itemOf(secret, 'WARMING', now)),
    ...active.map(secret => itemOf(secret, 'ACTIVE', now)),
  ]
  // With a trust domain for each, domains are federated and worth a column.
  const withDomains = items.every(({ trustDomain }) => trustDomain !== '')
  const header = ['RESOURCE NAME', 'TYPE', 'STATUS', 'VALID CERT', 'SERIAL NUMBER', 'NOT AFTER', 'NOT BEFORE']
  const rows = items.map(item => [
    `${withKind ? 'secret/' : ''}${item.name}`,
    item.type,
    item.state,
    String(item.isValid),
    item.serialNumber,
    item.notAfter,
    item.notBefore,
    ...(withDomains ? [item.trustDomain] : []),
  ])
  return tabulate([[...header, ...(withDomains ? ['TRUST DOMAIN'] : [])], ...rows], { padding: 5 })
}

function itemOf(entry: Json, state: string, now: number): SecretItem {
  const secret = objectOf(entry['secret'])
  const chain = objectOf(objectOf(secret['tlsCertificate'])['certificateChain'])['inlineBytes']
  const root = objectOf(objectOf(secret['validationContext'])['trustedCa'])['inlineBytes']
  const name = stringOf(entry['name'])
  const empty = { type: '', isValid: false, serialNumber: '', notAfter: '', notBefore: '', trustDomain: '' }
  const pem = Buffer.from(stringOf(chain) || stringOf(root), 'base64')
  if (pem.length === 0) return { name, state, ...empty }
  try {
    return { name, state, ...certificateItem(new X509Certificate(pem), now) }
  } catch {
    // What is no certificate is shown as not valid, without details.
    return { name, state, ...empty }
  }
}

function certificateItem(certificate: X509Certificate, now: number): Omit<SecretItem, 'name' | 'state'> {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  return {
    type: certificate.ca ? 'CA' : 'Cert Chain',
    isValid: from < now && now < to,
    serialNumber: certificate.serialNumber.toLowerCase().padStart(32, '0'),
    notAfter: rfc3339(to),
    notBefore: rfc3339(from),
    trustDomain: /URI:spiffe:\/\/([^/,]+)/.exec(certificate.subjectAltName ?? '')?.[1] ?? '',
  }
}

const rfc3339 = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')
