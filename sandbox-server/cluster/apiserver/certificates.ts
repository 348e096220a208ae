/**
 * The cluster's own certificate authority (ECDSA P-256) and what it signs: the API server's certificate and the
 * administrator's client certificate. Kept in the cluster's directory, so a restart presents the same ones.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
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
} from '../x509/der.ts'

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  certificate: string
  key: string
}

export interface ClusterCertificates {
  ca: KeyPair
  server: KeyPair
  /** Client certificate of `kubernetes-admin` in group `system:masters`. */
  admin: KeyPair
  /** Signs ServiceAccount tokens (ES256). */
  serviceAccountKey: KeyObject
}

const TEN_YEARS_MS = 10 * 365 * 86_400_000
const CLOCK_SKEW_MS = 3_600_000
const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'))
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
export const SERVER_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '127.0.0.1',
  '::1',
  '10.96.0.1',
]

interface Subject {
  commonName: string
  organization?: string
}

interface CertificateRequest {
  subject: Subject
  issuer: Subject
  publicKey: KeyObject
  signingKey: KeyObject
  authority: boolean
  usage?: string
  names?: readonly string[]
  now: number
}

const name = ({ commonName, organization }: Subject): Buffer =>
  sequence(
    ...(organization ? [set(sequence(objectIdentifier('2.5.4.10'), utf8String(organization)))] : []),
    set(sequence(objectIdentifier('2.5.4.3'), utf8String(commonName))),
  )

function address(text: string): Buffer {
  if (isIP(text) === 4) return Buffer.from(text.split('.').map(Number))
  const [head = '', tail = ''] = text.split('::')
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map(word => Number.parseInt(word, 16))
  const zeros = new Array<number>(8 - words(head).length - words(tail).length).fill(0)
  return Buffer.from([...words(head), ...zeros, ...words(tail)].flatMap(word => [word >> 8, word & 255]))
}

const alternativeName = (text: string): Buffer =>
  isIP(text) === 0 ? implicit(2, Buffer.from(text)) : implicit(7, address(text))

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value))

function extensions({ authority, usage, names = [] }: CertificateRequest): Buffer {
  // Digital signature, key encipherment, certificate signing; or the first alone.
  const keyUsage = authority ? bitString(Buffer.from([0xa4]), 2) : bitString(Buffer.from([0x80]), 7)
  return explicit(
    3,
    sequence(
      extension('2.5.29.15', true, keyUsage),
      extension('2.5.29.19', true, sequence(...(authority ? [boolean(true)] : []))),
      ...(usage ? [extension('2.5.29.37', false, sequence(objectIdentifier(usage)))] : []),
      ...(names.length > 0 ? [extension('2.5.29.17', false, sequence(...names.map(alternativeName)))] : []),
    ),
  )
}

function certificate(request: CertificateRequest): string {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    name(request.issuer),
    sequence(time(request.now - CLOCK_SKEW_MS), time(request.now + TEN_YEARS_MS)),
    name(request.subject),
    request.publicKey.export({ type: 'spki', format: 'der' }),
    extensions(request),
  )
  return pem(
    'CERTIFICATE',
    sequence(body, ECDSA_WITH_SHA256, bitString(sign('sha256', body, request.signingKey))),
  )
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

const newKey = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
const exported = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

const CA_SUBJECT = { commonName: 'kubernetes' }

function generate(now: number, names: readonly string[]): Record<string, string> {
  const ca = newKey()
  const issue = (subject: Subject, usage: string, alternatives?: readonly string[]): KeyPair => {
    const keys = newKey()
    const pair = { subject, issuer: CA_SUBJECT, publicKey: keys.publicKey, signingKey: ca.privateKey, now }
    return {
      certificate: certificate({ ...pair, authority: false, usage, names: alternatives }),
      key: exported(keys.privateKey),
    }
  }
  const server = issue({ commonName: 'kube-apiserver' }, SERVER_AUTH, names)
  const admin = issue({ commonName: 'kubernetes-admin', organization: 'system:masters' }, CLIENT_AUTH)
  return {
    'ca.crt': certificate({
      subject: CA_SUBJECT,
      issuer: CA_SUBJECT,
      publicKey: ca.publicKey,
      signingKey: ca.privateKey,
      authority: true,
      now,
    }),
    'ca.key': exported(ca.privateKey),
    'apiserver.crt': server.certificate,
    'apiserver.key': server.key,
    'admin.crt': admin.certificate,
    'admin.key': admin.key,
    'sa.key': exported(newKey().privateKey),
  }
}

/** Reads the certificates of `directory`, making them first where there are none. `now` in milliseconds. */
export function clusterCertificates(
  directory: string,
  now: number,
  names: readonly string[] = SERVER_NAMES,
): ClusterCertificates {
  if (!existsSync(join(directory, 'sa.key'))) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    // sa.key is written last: a directory without it was interrupted and is made anew.
    for (const [file, text] of Object.entries(generate(now, names))) {
      writeFileSync(join(directory, file), text, { mode: 0o600 })
    }
  }
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8')
  const pair = (base: string): KeyPair => ({ certificate: read(`${base}.crt`), key: read(`${base}.key`) })
  return {
    ca: pair('ca'),
    server: pair('apiserver'),
    admin: pair('admin'),
    serviceAccountKey: createPrivateKey(read('sa.key')),
  }
}

/** A server's certificate for `names`, signed by the cluster's authority. `now` in milliseconds. */
export function issueServerCertificate(authority: KeyPair, names: readonly string[], now: number): KeyPair {
  const keys = newKey()
  return {
    certificate: certificate({
      subject: { commonName: names[0] ?? '' },
      issuer: CA_SUBJECT,
      publicKey: keys.publicKey,
      signingKey: createPrivateKey(authority.key),
      authority: false,
      usage: SERVER_AUTH,
      names,
      now,
    }),
    key: exported(keys.privateKey),
  }
}

export const publicKeyOf = (key: KeyObject): KeyObject => createPublicKey(key)
