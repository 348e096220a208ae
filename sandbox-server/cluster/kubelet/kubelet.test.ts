import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { inNamespaces, starters } from '../network/testing/in-namespaces.ts'

const OCI = (problem: string) =>
  `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "ID": OCI runtime exec failed: exec failed: unable to start container process: ${problem}: unknown`

describe.each(starters())('processes in pods, in a cluster started by %s', starter => {
  let report: Record<string, unknown> = {}
  beforeAll(async () => {
    const found = await inNamespaces(join(import.meta.dirname, 'testing', 'kubelet-scenario.ts'), starter)
    if (typeof found === 'object' && found !== null) report = { ...found }
  }, 60_000)

  it("exec runs as the container's root, in its directory, with its environment and host name", () => {
    expect(report.identity).toBe('0\nweb\n/srv/web\nblue web 10.96.0.1\n')
  })

  it('exec has no capabilities, cannot gain any, and cannot write to the machine', () => {
    const none = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map(
      name => `${name}:\t0000000000000000\n`,
    )
    expect(report.capabilities).toBe(`${none.join('')}NoNewPrivs:\t1\n`)
    expect(report.readOnly).toMatch(
      /\/usr\/x.*Read-only file system[\s\S]*core_pattern: Read-only file system/,
    )
  })

  it("shows the pod's own address, resolver and hosts", () => {
    expect(report.addresses).toBe(true)
    expect(report.resolvConf).toBe(
      'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
    )
    expect(report.hosts).toBe('IP\tweb\n')
  })

  it('mounts the ServiceAccount, ConfigMaps (read-only, refreshed) and emptyDirs (shared, kept)', () => {
    expect(report).toMatchObject({
      token: 'shopCAtoken-of-the-pod',
      volume: 'redread-only\n',
      refreshed: 'shape\n',
      persists: ['', 'kept\n'],
    })
  })

  it('gives processes streams that they can open by name', () => {
    expect(report.streamsByName).toEqual({ stdout: 'out\n', stderr: 'typed\n', exitCode: 0 })
  })

  it("reaches the pod's application, its sidecar's admin interface and readiness on localhost", () => {
    expect(report).toMatchObject({
      localhost: 'hello from web to IP',
      admin: ['admin /stats', 'admin /clusters', '200'],
    })
    expect(report.adminFromOther).not.toBe(0)
  })

  it("lets an application call another from its pod's address, by name", () => {
    expect(report.peer).toBe('hello from peer to IP')
  })

  it('passes exit codes on, 128 + signal for what was killed', () => {
    expect(report).toMatchObject({ exitCodes: [7, 137], killed: { exitCode: 137 } })
  })

  it('words what cannot be started as containerd and runc do', () => {
    expect(report).toMatchObject({
      noProgram: OCI('exec: "nosuch": executable file not found in $PATH'),
      noFile: OCI('exec: "/nosuch": stat /nosuch: no such file or directory'),
      directory: OCI('exec: "/tmp": is a directory'),
      noContainer: 'container nope is not valid for pod web',
    })
  })

  it('gives a terminal of the wanted size with job control', () => {
    expect(report.terminal).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('30 100\r\n') })
    expect(report.terminal).toMatchObject({ stdout: expect.stringMatching(/\[1\]\+ {2}Running\s+sleep 9 &/) })
    expect(report.smallShell).toMatchObject({ exitCode: 4, stdout: expect.not.stringContaining('Cannot') })
  })

  it("keeps a process' output as its log: whole, its tail, its first bytes, with times, followed to the end", () => {
    expect(report).toMatchObject({
      log: ['started\nproblem\n', 'problem\n', 'sta'],
      stamped: true,
      followed: 'started\nproblem\nbye\n',
    })
  })

  it("shows the container's own processes to exec, its command as process 1", () => {
    expect(report.sees).toMatch(/^ +1 sh\n$/)
  })

  it('ends pods of programs with their exit code, reason and termination message', () => {
    const { terminated } = report
    expect(terminated).toEqual([
      { exitCode: 0, reason: 'Completed', message: 'words\n' },
      { exitCode: 3, reason: 'Error' },
      {
        exitCode: 128,
        reason: 'StartError',
        message: expect.stringContaining('exec: "nosuch": executable file not found in $PATH: unknown'),
      },
    ])
  })

  it('runs a shell command in the image of an application as a process', () => {
    expect(report.shell).toBe('from a shell\n')
  })

  it("attaches to a container's terminal and to its standard input", () => {
    expect(report.attached).toEqual([expect.stringMatching(/(^|\s)42\r\n/), { exitCode: 0 }])
    expect(report.piped).toEqual(['through cat\n', { exitCode: 0 }])
  })

  it('forwards a port past the sidecar, to an application or to a program that listens on localhost alone', () => {
    expect(report.forwarded).toBe('hello from web to 127.0.0.6')
    expect(report.forwardedToLocalhost).toBe('only local')
    expect(report.notForwarded).toMatch(/^Internal error occurred: error forwarding port 9999 to pod/)
  })

  it('leaves no process and no device of a deleted pod', () => {
    expect(report).toMatchObject({ processesLeft: [], devicesLeft: 1 })
  })
})
