/**
 * The mesh's certificate authority, istiod's Citadel: one self-signed root per cluster, kept in a directory, and short-lived
 * certificates for workloads, made when first asked for.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../lifecycle.ts'
import { signCertificate } from './certificate.ts'

/** PEM texts of one workload. */
export interface WorkloadCertificate {
  certChain: string
  key: string
  root: string
}

export interface CertificateAuthority {
  /** The root certificate, PEM. */
  readonly root: string
  /** The certificate of e.g. `spiffe://cluster.local/ns/default/sa/sleep`; renewed when half of its time is over. */
  issue(spiffeId: string): WorkloadCertificate
}

const HOUR_MS = 3_600_000
const WORKLOAD_LIFETIME_MS = 24 * HOUR_MS
const ROOT_LIFETIME_MS = 3650 * 24 * HOUR_MS
/** Istio backdates, so that clocks may differ a little. */
const BACKDATE_MS = 120_000
const ORGANIZATION = 'cluster.local'

/** Opens the CA kept in `directory`, making its root the first time. */
export function openCertificateAuthority(
  directory: string,
  now: () => number = systemClock.now,
): CertificateAuthority {
  const certificatePath = join(directory, 'root-cert.pem')
  const keyPath = join(directory, 'root-key.pem')
  if (!existsSync(certificatePath) || !existsSync(keyPath)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const { publicKey, privateKey } = newKeyPair()
    const root = signCertificate({
      subject: ORGANIZATION,
      issuer: ORGANIZATION,
      subjectKey: publicKey,
      signingKey: privateKey,
      notBeforeMs: now() - BACKDATE_MS,
      notAfterMs: now() + ROOT_LIFETIME_MS,
      isCa: true,
    })
    writeFileSync(keyPath, privateKeyPem(privateKey), { mode: 0o600 })
    writeFileSync(certificatePath, root)
  }
  return new Citadel(readFileSync(certificatePath, 'utf8'), createPrivateKey(readFileSync(keyPath)), now)
}

class Citadel implements CertificateAuthority {
  readonly root: string
  readonly #key: KeyObject
  readonly #now: () => number
  readonly #issued = new Map<string, { certificate: WorkloadCertificate; atMs: number }>()

  constructor(root: string, key: KeyObject, now: () => number) {
    this.root = root
    this.#key = key
    this.#now = now
  }

  issue(spiffeId: string): WorkloadCertificate {
    const issued = this.#issued.get(spiffeId)
    const nowMs = this.#now()
    if (issued && nowMs - issued.atMs < WORKLOAD_LIFETIME_MS / 2) return issued.certificate
    const { publicKey, privateKey } = newKeyPair()
    const own = signCertificate({
      subject: undefined,
      issuer: ORGANIZATION,
      subjectKey: publicKey,
      signingKey: this.#key,
      notBeforeMs: nowMs - BACKDATE_MS,
      notAfterMs: nowMs + WORKLOAD_LIFETIME_MS,
      isCa: false,
      uri: spiffeId,
    })
    const certificate = { certChain: own + this.root, key: privateKeyPem(privateKey), root: this.root }
    this.#issued.set(spiffeId, { certificate, atMs: nowMs })
    return certificate
  }
}

const newKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const privateKeyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
