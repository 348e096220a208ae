import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openCertificateAuthority } from './authority.ts'

const SLEEP = 'spiffe://cluster.local/ns/default/sa/sleep'
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ca-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('a workload certificate carries its identity and is signed by the root', () => {
  const ca = openCertificateAuthority(directory)
  const issued = ca.issue(SLEEP)
  const certificate = new X509Certificate(issued.certChain)
  const root = new X509Certificate(ca.root)
  expect(certificate.subjectAltName).toBe(`URI:${SLEEP}`)
  expect(certificate.ca).toBe(false)
  expect(certificate.checkIssued(root)).toBe(true)
  expect(certificate.verify(root.publicKey)).toBe(true)
  expect(root.ca).toBe(true)
  expect(root.verify(root.publicKey)).toBe(true)
})

test('the root survives a restart', () => {
  const first = openCertificateAuthority(directory).root
  expect(openCertificateAuthority(directory).root).toBe(first)
})

test('a certificate is kept for half of its life and then renewed', () => {
  let nowMs = Date.parse('2026-01-01T00:00:00Z')
  const ca = openCertificateAuthority(directory, () => nowMs)
  const first = ca.issue(SLEEP)
  nowMs += 11 * 3_600_000
  expect(ca.issue(SLEEP)).toBe(first)
  nowMs += 2 * 3_600_000
  const second = ca.issue(SLEEP)
  expect(second.certChain).not.toBe(first.certChain)
  expect(new X509Certificate(second.certChain).validToDate.getTime()).toBe(nowMs + 24 * 3_600_000)
})
