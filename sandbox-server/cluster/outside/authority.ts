/**
 * The certificate authority that the pretend outside world's certificates are of: one root per cluster, which pods trust
 * as a machine trusts its list of public authorities. It is not the mesh's own.
 */
import { createPrivateKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ORGANIZATION, signCertificate } from '../istiod/discovery/ca/certificate.ts'
import { objectIdentifier, sequence, set, utf8String } from '../x509/der.ts'

export interface OutsideAuthority {
  /** PEM. */
  readonly root: string
  /** A directory as /etc/ssl/certs is one: the root as a bundle under the names of distributions, and by its hash. */
  readonly trustDirectory: string
  /** A certificate for those names, PEM, made anew each time. */
  issue(dnsNames: readonly string[]): { certificate: string; key: string }
}

const NAME = 'Meshdojo pretend root CA (not a real authority)'
const DAY_MS = 86_400_000
const ROOT_LIFETIME_MS = 3650 * DAY_MS
/** What browsers accept at most today. */
const HOST_LIFETIME_MS = 397 * DAY_MS
const BACKDATE_MS = 3_600_000
/** Where Debian, Fedora and Alpine look. */
const BUNDLES = ['ca-certificates.crt', 'ca-bundle.crt', 'cert.pem']

/** Opens the authority kept in `directory`, making its root the first time. */
export function openOutsideAuthority(directory: string, now: () => number): OutsideAuthority {
  const certificatePath = join(directory, 'root.crt')
  const keyPath = join(directory, 'root.key')
  if (!existsSync(certificatePath)) {
    mkdirSync(directory, { recursive: true })
    const { publicKey, privateKey } = newKeyPair()
    writeFileSync(keyPath, pemOf(privateKey), { mode: 0o600 })
    // Last: without it the directory was interrupted and is made anew.
    writeFileSync(
      certificatePath,
      signCertificate({
        ...validity(now(), ROOT_LIFETIME_MS),
        subject: NAME,
        issuer: NAME,
        subjectKey: publicKey,
        signingKey: privateKey,
        isCa: true,
      }),
    )
  }
  const root = readFileSync(certificatePath, 'utf8')
  const trustDirectory = join(directory, 'certs')
  mkdirSync(trustDirectory, { recursive: true })
  for (const file of [...BUNDLES, `${subjectHash(NAME)}.0`]) writeFileSync(join(trustDirectory, file), root)
  const signingKey = createPrivateKey(readFileSync(keyPath))
  return {
    root,
    trustDirectory,
    issue(dnsNames) {
      const { publicKey, privateKey } = newKeyPair()
      const certificate = signCertificate({
        ...validity(now(), HOST_LIFETIME_MS),
        subject: `pretend ${dnsNames[0] ?? ''}`,
        issuer: NAME,
        subjectKey: publicKey,
        signingKey,
        isCa: false,
        dnsNames,
      })
      return { certificate, key: pemOf(privateKey) }
    },
  }
}

/** The name by which OpenSSL finds an authority in a directory: a hash of its subject, in lower case. */
function subjectHash(organization: string): string {
  const subject = set(sequence(objectIdentifier(ORGANIZATION), utf8String(organization.toLowerCase())))
  return hash('sha1', subject, 'buffer').readUInt32LE(0).toString(16).padStart(8, '0')
}

const validity = (nowMs: number, lifetimeMs: number) => ({
  notBeforeMs: nowMs - BACKDATE_MS,
  notAfterMs: nowMs + lifetimeMs,
})
const newKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
