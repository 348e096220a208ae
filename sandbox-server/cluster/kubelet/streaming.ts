/** The streaming subresources of pods: logs, exec, attach, port-forward. */
import { PassThrough, type Readable, Writable } from 'node:stream'
import type { ApiObject } from '../apiserver/api.ts'
import { badRequest, internal } from '../apiserver/status.ts'
import type { Clock } from '../lifecycle.ts'
import type { ExecOptions, ExecSession, KubeletApi, LogOptions } from './contract.ts'
import { execIn } from './exec.ts'
import { readLog } from './logs/read-log.ts'
import type { PodContainer } from './pod-container.ts'
import type { PodWorker } from './pod-worker.ts'
import { connectInto } from './port-forward.ts'

export function createStreaming(
  find: (uid: string) => PodWorker | undefined,
  clock: Clock,
): Omit<KubeletApi, 'usage'> {
  const workerOf = (pod: ApiObject): PodWorker => {
    const worker = find(pod.metadata.uid)
    if (!worker) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
    return worker
  }
  const containerOf = (pod: ApiObject, name: string): PodContainer => {
    const container = workerOf(pod).find(name)
    if (!container) throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`)
    return container
  }
  const runningOf = (pod: ApiObject, name: string): PodContainer => {
    const container = containerOf(pod, name)
    if (container.running) return container
    throw internal(`unable to upgrade connection: container not found ("${name}")`)
  }

  return {
    logs(pod, options) {
      return readLog(logOf(pod, containerOf(pod, options.container), options), options, clock)
    },
    async exec(pod, options) {
      return execIn(runningOf(pod, options.container), options)
    },
    async attach(pod, options) {
      const target = containerOf(pod, options.container)
      if (!target.running) throw cannotAttach(pod, options.container)
      return attachTo(target, options)
    },
    async portForward(pod, port) {
      return connectInto(workerOf(pod), port)
    },
  }
}

const cannotAttach = ({ metadata }: ApiObject, container: string) =>
  internal(
    `unable to upgrade connection: container ${container} not found in pod ${metadata.name}_${metadata.namespace}`,
  )

function logOf(pod: ApiObject, target: PodContainer, options: LogOptions) {
  const where = `container "${options.container}" in pod "${pod.metadata.name}"`
  if (options.previous) {
    if (target.state.restartCount === 0) throw badRequest(`previous terminated ${where} not found`)
    return target.previousLog()
  }
  const { waiting } = target.state.state
  if (!waiting || target.state.lastState.terminated) return target.log
  const pulling = /^(ErrImagePull|ImagePullBackOff)$/.test(waiting.reason ?? '')
  const why = pulling ? 'trying and failing to pull image' : waiting.reason
  throw badRequest(`${where} is waiting to start: ${why}`)
}

/** What the container's first process prints from now on; its stdin where the container has `stdin: true`. */
function attachTo(target: PodContainer, options: Omit<ExecOptions, 'command'>): ExecSession {
  const { running, log } = target
  if (!running) throw internal(`unable to upgrade connection: container not found ("${options.container}")`)
  const stdout = new PassThrough()
  const stderr = options.tty ? undefined : new PassThrough()
  const output = running.console
  const followed = output?.resize ? pipeTerminal(output.stdout, stdout) : followLog(log, stdout, stderr)
  // However the container ends, attaching to it has succeeded: clients read the exit code in the pod's status.
  const exited = running.exited.then(() => {
    followed()
    return { exitCode: 0 }
  })
  return {
    ...(options.stdin && output?.stdin
      ? { stdin: stdinOf(output.stdin, target.container.stdinOnce === true) }
      : {}),
    stdout,
    ...(stderr ? { stderr } : {}),
    resize: (columns, rows) => output?.resize?.(columns, rows),
    exited,
    // Letting go of a container does not end it.
    kill: () => followed(),
  }
}

/** stdin outlives those who attach to it, unless the container wants it closed after the first. */
function stdinOf(stdin: Writable, once: boolean): Writable {
  return new Writable({
    write: (chunk: Buffer, _, done) => void stdin.write(chunk, () => done()),
    final: done => {
      if (once) stdin.end()
      done()
    },
  })
}

function pipeTerminal(from: Readable | undefined, to: PassThrough): () => void {
  const forward = (chunk: Buffer) => void to.write(chunk)
  from?.on('data', forward)
  return () => {
    from?.off('data', forward)
    to.end()
  }
}

function followLog(
  log: PodContainer['log'],
  stdout: PassThrough,
  stderr: PassThrough | undefined,
): () => void {
  const end = () => {
    following.dispose()
    stdout.end()
    stderr?.end()
  }
  const following = log.follow({
    entry: ({ stream, text, partial }) =>
      void (stream === 'stderr' ? stderr : stdout)?.write(`${text}${partial ? '' : '\n'}`),
    ended: () => end(),
  })
  return end
}
