/** One cluster as the platform uses it: objects, live collections, commands, logs. */
import { createInterface } from 'node:readline'
import type { Clock } from '../lifecycle.ts'
import { type Collection, type CollectionOptions, openCollection } from './collection.ts'
import { type Discovery, openDiscovery } from './discovery.ts'
import {
  type CommandResult,
  type ExecTarget,
  openShell,
  type RunOptions,
  runCommand,
  type ShellConnection,
} from './exec.ts'
import { KubeError } from './kube-error.ts'
import { isKubeObject, type KubeObject, pathOf, pods, type ResourceRef } from './objects.ts'
import { openTransport, type Transport } from './transport.ts'

/** Written into managedFields by everything the platform applies. */
export const FIELD_MANAGER = 'meshdojo'

export interface LogFollow {
  namespace: string
  pod: string
  container: string
  /** RFC 3339; earlier lines are left out (whole seconds). */
  sinceTime?: string
  signal: AbortSignal
  onLine(line: string): void
}

export interface KubeClient {
  readonly transport: Transport
  readonly discovery: Discovery
  /** Undefined when there is none. */
  get(ref: ResourceRef, namespace: string | undefined, name: string): Promise<KubeObject | undefined>
  /** Server-side apply with force; `namespace` is used for namespaced kinds that name none. */
  apply(object: KubeObject, namespace?: string): Promise<KubeObject>
  /** Merge patch of an existing object. */
  patch(ref: ResourceRef, namespace: string | undefined, name: string, change: unknown): Promise<void>
  /** Does nothing when it is gone already. */
  remove(
    ref: ResourceRef,
    namespace: string | undefined,
    name: string,
    gracePeriodSeconds?: number,
  ): Promise<void>
  collection(options: Omit<CollectionOptions, 'clock'>): Collection
  /** Each line with the runtime's timestamp and a space before it. Resolves when the log ends. */
  followLog(options: LogFollow): Promise<void>
  run(target: ExecTarget, options?: RunOptions): Promise<CommandResult>
  shell(target: ExecTarget, onOutput: (data: Buffer) => void): Promise<ShellConnection>
  /** A command without a terminal, for as long as it lives; `onOutput` gets its standard output. */
  pipe(target: ExecTarget, onOutput: (data: Buffer) => void): Promise<ShellConnection>
  close(): void
}

/** `kubeconfig` is YAML. */
export async function openKubeClient(kubeconfig: string, clock: Clock): Promise<KubeClient> {
  const transport = await openTransport(kubeconfig)
  const discovery = openDiscovery(transport)
  return {
    transport,
    discovery,
    async get(ref, namespace, name) {
      try {
        const found = await transport.send('GET', pathOf(ref, namespace, name))
        return isKubeObject(found) ? found : undefined
      } catch (error) {
        if (error instanceof KubeError && error.status === 404) return undefined
        throw error
      }
    },
    async apply(object, namespace) {
      const resource = await discovery.ofKind(object.apiVersion, object.kind)
      const scope = resource.namespaced ? (object.metadata.namespace ?? namespace) : undefined
      const path = pathOf(resource, scope, object.metadata.name)
      const applied = await transport.send('PATCH', path, {
        query: { fieldManager: FIELD_MANAGER, force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body:
          scope === undefined ? object : { ...object, metadata: { ...object.metadata, namespace: scope } },
      })
      if (!isKubeObject(applied))
        throw new KubeError(0, '', `the server's answer to applying ${path} is no object`)
      return applied
    },
    async patch(ref, namespace, name, change) {
      await transport.send('PATCH', pathOf(ref, namespace, name), {
        query: { fieldManager: FIELD_MANAGER },
        contentType: 'application/merge-patch+json',
        body: change,
      })
    },
    async remove(ref, namespace, name, gracePeriodSeconds) {
      try {
        const body = gracePeriodSeconds === undefined ? undefined : { gracePeriodSeconds }
        await transport.send('DELETE', pathOf(ref, namespace, name), { body })
      } catch (error) {
        if (!(error instanceof KubeError && error.status === 404)) throw error
      }
    },
    collection: options => openCollection(transport, { ...options, clock }),
    async followLog(options) {
      const body = await transport.stream(`${pathOf(pods, options.namespace, options.pod)}/log`, {
        query: {
          container: options.container,
          follow: 'true',
          timestamps: 'true',
          sinceTime: options.sinceTime,
        },
        signal: options.signal,
      })
      const lines = createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY })
      body.on('error', () => lines.close())
      for await (const line of lines) options.onLine(line)
    },
    run: (target, options) => runCommand(transport, target, options),
    shell: (target, onOutput) => openShell(transport, target, onOutput),
    pipe: (target, onOutput) => openShell(transport, target, onOutput, false),
    close: () => transport.close(),
  }
}
