import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { inNamespaces, starters } from './testing/in-namespaces.ts'

describe.each(starters())('policies of a pod network set up by %s', starter => {
  let report: Record<string, unknown> = {}
  beforeAll(async () => {
    const found = await inNamespaces(join(import.meta.dirname, 'testing', 'policy-scenario.ts'), starter)
    if (typeof found === 'object' && found !== null) report = { ...found }
  }, 60_000)

  it('let nobody reach an isolated pod, directly or by a service, in this process or in a namespace', () => {
    expect(report.denied).toEqual({
      namespaceToApp: 'dropped',
      namespaceToService: 'dropped',
      appToApp: 'dropped',
      namespaceToProgram: 'dropped',
      appToProgram: 'dropped',
    })
  })

  it('let pass the node, its probes, what a pod says to itself, and what an isolated pod itself begins', () => {
    expect(report.notJudged).toEqual({
      node: 'app',
      nodeToProgram: 'program',
      probe: 'app',
      itself: 'app',
      programToItself: 'program',
      isolatedSpeaks: 'refused (7)',
    })
  })

  it('let pass the named peers on the named ports', () => {
    expect(report.allowed).toEqual({
      friend: 'app',
      friendByService: 'app',
      friendElsewhere: 'dropped',
      friendToProgram: 'program',
      appToProgram: 'program',
      stranger: 'dropped',
      strangerToProgram: 'dropped',
    })
  })

  it('keep to blocks of addresses with exceptions, and to what a pod may begin', () => {
    expect(report.blocks).toEqual({
      friend: 'app',
      excepted: 'dropped',
      egressElsewhere: 'dropped',
      egressOtherPort: 'dropped',
      answered: 'program',
    })
  })

  it("judge what a pod's sidecar opens, not what the pod says to its sidecar", () => {
    expect(report.behindSidecar).toEqual({
      toItsSidecar: 'sidecar',
      upstreamAllowed: 'connected',
      upstreamDenied: 'dropped',
    })
  })

  it('leave nothing behind when they go', () => {
    expect(report).toMatchObject({ free: 'app', chainsLeft: [], elementsLeft: false })
  })
})
