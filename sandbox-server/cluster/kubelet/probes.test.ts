import type { Probe } from 'kubernetes-types/core/v1.js'
import { expect, test } from 'vitest'
import { type ProbeTarget, probeOnce } from './probes.ts'

const target: ProbeTarget = {
  podIp: '127.0.0.1',
  container: { name: 'c', image: 'i' },
  agentProber: () => undefined,
  exec: () => Promise.reject(new Error('no such program')),
}

test.each<[string, Probe, RegExp]>([
  ['a host that is none', { httpGet: { port: 1, host: 'not a host' } }, /Invalid URL/],
  [
    'a header that cannot be sent',
    { httpGet: { port: 1, httpHeaders: [{ name: 'a\nb', value: '' }] } },
    /[Hh]eader/,
  ],
  ['a port out of range', { tcpSocket: { port: 70_000 } }, /[Pp]ort/],
  ['a program that is missing', { exec: { command: ['nosuch'] } }, /no such program/],
])('a probe of %s fails, and only fails', async (_what, probe, message) => {
  expect(await probeOnce(probe, target)).toMatch(message)
})
