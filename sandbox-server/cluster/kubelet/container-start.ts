/** Turns a container's image, command and environment into something that runs. */
import type { Container } from 'kubernetes-types/core/v1.js'
import type { AppImage } from '../images/image.ts'
import type { ContainerSandbox } from './container-sandbox.ts'
import { type Environment, expand } from './environment.ts'
import type { FoundImage } from './image-store.ts'
import type { ContainerLog } from './logs/container-log.ts'
import { type ContainerKind, namespaceOf } from './pod.ts'
import type { PodContext } from './pod-context.ts'
import { startApp } from './runtimes/app.ts'
import { startMachine } from './runtimes/machine.ts'
import { startMachineOnTerminal } from './runtimes/machine-terminal.ts'
import type { RunningContainer } from './runtimes/running.ts'
import { instantSuccess, runSidecar } from './runtimes/sidecar.ts'
import { SandboxError } from './sandbox/bubblewrap.ts'
import { isExecutable } from './sandbox/programs.ts'

export interface ContainerStart {
  context: PodContext
  container: Container
  kind: ContainerKind
  found: FoundImage
  env: Environment
  log: ContainerLog
  sandbox: ContainerSandbox
}

/** Rejects with SandboxError, or with what an application says that cannot start. */
export async function startContainer(start: ContainerStart): Promise<RunningContainer> {
  const { found } = start
  if (found.kind === 'proxy') return startProxy(start)
  const { image, tag } = found
  if (image.kind === 'machine') return startProgram(start, image.entrypoint ?? [])
  const other = otherProgram(image, start.container)
  if (other)
    return startProgram({ ...start, container: { ...start.container, command: other, args: [] } }, [])
  return isMachineCommand(start.container.command)
    ? startProgram(start, [])
    : startApplication(start, image, tag)
}

/** The words of a container that wants a program of the image, but not the one that the application stands for. */
function otherProgram(
  { entrypoint = [], programs = {} }: AppImage,
  container: Container,
): string[] | undefined {
  const [program = '', ...usual] = entrypoint
  const words = [...(container.command ?? [program]), ...(container.args ?? (container.command ? [] : usual))]
  const [name = '', ...rest] = words
  const paths = Object.entries(programs).flatMap(([path, tool]) => [path, tool])
  const isUsual = rest.join('\0') === usual.join('\0')
  return paths.includes(name) && !isUsual ? words : undefined
}

/** A shell or tool as the command of an image that is otherwise an application: `kubectl run x --image=nginx -- sh`. */
function isMachineCommand(command: readonly string[] | undefined): boolean {
  const [program = ''] = command ?? []
  const name = program.slice(program.lastIndexOf('/') + 1)
  if (!/^(sh|bash|dash|ash|sleep|tail|cat|curl|nc|env|true|false|echo|printf|date|yes|timeout)$/.test(name))
    return false
  return ['/usr/bin', '/bin'].some(directory => isExecutable(`${directory}/${name}`))
}

function startProxy({ context, kind, log }: ContainerStart): RunningContainer {
  if (kind === 'init') return instantSuccess()
  const sidecar = context.options.sidecars.start({
    pod: context.pod(),
    podIp: context.podIp,
    stdout: line => log.line('stdout', line),
  })
  return runSidecar(sidecar)
}

function startApplication(start: ContainerStart, image: AppImage, tag: string): Promise<RunningContainer> {
  const { context, container, env, log } = start
  const pod = context.pod()
  return startApp(image, {
    tag,
    dns: context.options.dns,
    listensOn: ports => context.listensOn(container.name, ports),
    context: {
      podName: pod.metadata.name,
      podIp: context.podIp,
      namespace: namespaceOf(pod),
      env: { HOSTNAME: pod.metadata.name, ...env },
      ...commandOf(container, env),
      readFile: path => context.volumes.readFile(container, path),
      stdout: line => log.line('stdout', line),
      stderr: line => log.line('stderr', line),
      now: () => context.clock.now(),
      random: () => Math.random(),
    },
  })
}

async function startProgram(
  start: ContainerStart,
  imageCommand: readonly string[],
): Promise<RunningContainer> {
  const { container, env, log, sandbox, context } = start
  const { command = [], args = [] } = commandOf(container, env)
  // Images of programs have a CMD, which args replace, rather than an ENTRYPOINT.
  const given = [...command, ...args]
  const words = given.length > 0 ? given : imageCommand
  if (words.length === 0)
    throw new SandboxError(
      'failed to generate container "" spec: failed to generate spec: no command specified',
    )
  const machine = { sandbox, command: words, env, log, stdin: container.stdin === true, pipes: context.pipes }
  return container.tty ? startMachineOnTerminal(machine) : startMachine(machine)
}

function commandOf({ command, args }: Container, env: Environment): { command?: string[]; args?: string[] } {
  return {
    ...(command ? { command: command.map(word => expand(word, env)) } : {}),
    ...(args ? { args: args.map(word => expand(word, env)) } : {}),
  }
}
