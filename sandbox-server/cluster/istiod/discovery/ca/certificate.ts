/** X.509 certificates as Istio's CA writes them: ECDSA P-256, the workload's SPIFFE identity as URI. */
import { type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from '../../../x509/der.ts'

export interface CertificateRequest {
  /** The organisation in subject or issuer; undefined leaves the name empty, as for workloads. */
  subject: string | undefined
  issuer: string
  subjectKey: KeyObject
  signingKey: KeyObject
  notBeforeMs: number
  notAfterMs: number
  /** A CA may sign; a workload has `uri` instead, a host `dnsNames`. */
  isCa: boolean
  uri?: string
  dnsNames?: readonly string[]
}

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'))
/** The attribute of a name that holds it. */
export const ORGANIZATION = '2.5.4.10'
const DIGITAL_SIGNATURE_AND_KEY_ENCIPHERMENT = bitString(Buffer.from([0xa0]), 5)
const CERTIFICATE_SIGN = bitString(Buffer.from([0x04]), 2)
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** A signed certificate as PEM. */
export function signCertificate(request: CertificateRequest): string {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const signed = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    name(request.issuer),
    sequence(time(request.notBeforeMs), time(request.notAfterMs)),
    name(request.subject),
    request.subjectKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(request))),
  )
  const signature = sign('sha256', signed, request.signingKey)
  return pem(sequence(signed, ECDSA_WITH_SHA256, bitString(signature)))
}

function name(organization: string | undefined): Buffer {
  if (organization === undefined) return sequence()
  return sequence(set(sequence(objectIdentifier(ORGANIZATION), utf8String(organization))))
}

function extensions({ isCa, uri, dnsNames = [] }: CertificateRequest): Buffer[] {
  const constraints = extension('2.5.29.19', true, isCa ? sequence(boolean(true)) : sequence())
  if (isCa) return [extension('2.5.29.15', true, CERTIFICATE_SIGN), constraints]
  return [
    extension('2.5.29.15', true, DIGITAL_SIGNATURE_AND_KEY_ENCIPHERMENT),
    extension('2.5.29.37', false, sequence(objectIdentifier(SERVER_AUTH), objectIdentifier(CLIENT_AUTH))),
    constraints,
    ...(uri === undefined ? [] : [extension('2.5.29.17', true, sequence(implicit(6, Buffer.from(uri))))]),
    ...(dnsNames.length === 0
      ? []
      : [extension('2.5.29.17', false, sequence(...dnsNames.map(dns => implicit(2, Buffer.from(dns)))))]),
  ]
}

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value))

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
