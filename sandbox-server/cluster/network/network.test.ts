import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { inNamespaces, starters } from './testing/in-namespaces.ts'

describe.each(starters())('a pod network set up by %s', starter => {
  let report: Record<string, unknown> = {}
  beforeAll(async () => {
    const found = await inNamespaces(join(import.meta.dirname, 'testing', 'network-scenario.ts'), starter)
    if (typeof found === 'object' && found !== null) report = { ...found }
  }, 60_000)

  it('starts with one ip and one nft, and applies what is asked for in one turn with a single nft', () => {
    expect(report).toMatchObject({ programsForStart: 2, programsForChanges: 1 })
  })

  it('gives out addresses in order, the wanted one if it is free, and the same one to the same pod', () => {
    expect(report.addresses).toEqual(['10.244.0.2', '10.244.0.3', '10.244.0.4', '10.244.7.7'])
    expect(report).toMatchObject({ again: '10.244.0.2', reused: '10.244.7.7' })
  })

  it("sends a service's connections to its endpoints by turns, at every address of the service", () => {
    expect(report.hostToService).toEqual(['app saw 10.0.0.2', 'other saw 10.0.0.2', 'app saw 10.0.0.2'])
    expect(report).toMatchObject({
      hostToLoadBalancer: 'app saw 10.0.0.2',
      hostToPod: 'app saw 10.0.0.2',
      appToService: 'app saw 10.244.0.3',
    })
  })

  it('refuses at once where a service has no endpoints or nobody is at the address', () => {
    expect(report).toMatchObject({
      noEndpoints: 'refused (7)',
      outside: 'refused (7)',
      serviceGone: 'refused (7)',
    })
  })

  it('keeps a client at its endpoint with session affinity', () => {
    expect(report).toMatchObject({ sticky: 1, stickyOther: 1 })
  })

  it("makes a pod's namespace once, for one ip and one nft beside the process that enters it", () => {
    expect(report).toMatchObject({ programsForNamespace: 2, sameNamespace: true })
  })

  it("lets a pod's namespace reach services and pods with the pod's address", () => {
    expect(report).toMatchObject({
      namespaceToService: 'app saw 10.244.0.4',
      namespaceToPod: 'other saw 10.244.0.4',
    })
  })

  it("leads a namespace's localhost and own address to the pod's in-process application", () => {
    expect(report).toMatchObject({
      localhostToApp: 'app saw 10.244.0.2',
      ownAddressToApp: 'app saw 10.244.0.2',
      ownServiceToApp: 'app saw 10.244.0.2',
      localhostElsewhere: 'refused (7)',
      localhostToLatePort: 'late saw 10.244.0.2',
    })
  })

  it('reaches a program that listens in its namespace from everywhere, itself included', () => {
    expect(report).toMatchObject({
      hostToProgram: 'program saw 10.0.0.2',
      hostToProgramService: 'program saw 10.0.0.2',
      namespaceToProgram: 'program saw 10.244.0.4',
      appToProgram: 'program saw 10.244.0.3',
      programToItself: 'program saw 169.254.1.1',
      programToLocalhost: 'program saw 127.0.0.1',
      programToApp: 'app saw 10.244.7.7',
    })
  })

  it("carries a sidecar's connection from 127.0.0.6 to its application, in this process or in a namespace", () => {
    expect(report).toMatchObject({
      passthroughToProgram: 'program saw 169.254.1.1',
      passthroughToApp: 'app saw 127.0.0.6',
    })
  })

  it('redirects what leaves a pod with a sidecar, services and foreign addresses alike', () => {
    expect(report).toMatchObject({
      redirectedApp: 'sidecar saw 10.244.0.2',
      redirectedNamespace: 'sidecar saw 10.244.0.4',
      redirectedOutside: 'sidecar saw 10.244.0.4',
    })
  })

  it('leaves alone excluded ports, what a pod says to itself, and pods whose sidecar has gone', () => {
    expect(report).toMatchObject({
      excludedPort: 'other saw 10.244.0.4',
      notItself: 'app saw 10.244.0.2',
      noLongerRedirected: 'program saw 10.244.0.4',
    })
  })

  it('refuses what would pass beside a sidecar for which nobody listens', () => {
    expect(report.besideTheSidecar).toBe('refused (7)')
  })

  it('follows a change of a service', () => {
    expect(report.serviceChanged).toBe('other saw 10.0.0.2')
  })

  it('leaves no device, route, rule or element of a released pod', () => {
    expect(report).toMatchObject({ devicesLeft: 1, routesLeft: '', elementsLeft: [], chainsLeft: [] })
  })
})
