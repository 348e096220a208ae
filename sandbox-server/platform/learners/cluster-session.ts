/**
 * A learner's sandbox over one acquired cluster, from the first request until the cluster is lost or let go: the
 * namespace, the toolbox, the chapters' workloads, and the view that checks have of it.
 */
import type { Localized } from '../../protocol/lesson.ts'
import type { ReadMarks } from '../checks/access-log-follower.ts'
import { type ClusterView, openClusterView } from '../checks/cluster-view.ts'
import type { CommandHistory } from '../checks/command-history.ts'
import type { RequestHistory } from '../checks/request-history.ts'
import type { StepGround } from '../checks/step-ground.ts'
import type { KubeClient } from '../kube-client/client.ts'
import type { ShellConnection } from '../kube-client/exec.ts'
import { isStatus } from '../kube-client/kube-error.ts'
import type { KubeObject } from '../kube-client/objects.ts'
import { createClusterGround } from '../lessons/state/cluster-ground.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import {
  deployChapter,
  enterChapter,
  type ProvisionOptions,
  provisionNamespace,
  provisionToolbox,
  toolboxReady,
} from '../provisioning/provision.ts'
import type { SampleFile, SampleVolume } from '../provisioning/samples.ts'
import { RC_FILE, TOOLBOX } from '../provisioning/toolbox.ts'

export interface ClusterSessionOptions {
  client: KubeClient
  namespace: string
  exclusive: boolean
  toolboxImage: string
  samples: readonly SampleFile[]
  sampleVolumes: readonly SampleVolume[]
  requests: RequestHistory
  commands: CommandHistory
  readMarks: ReadMarks
  requestsSince: number
  /** Aborted when the cluster is lost or let go. */
  signal: AbortSignal
  clock: Clock
  log: Log
  onProgress(progress: number, text: Localized): void
}

/** The shell's environment: an exec gets none of its own. */
const SHELL = [
  'env',
  'TERM=xterm-256color',
  'COLORTERM=truecolor',
  'LANG=C.UTF-8',
  'bash',
  '--rcfile',
  RC_FILE,
  '-i',
]

export class ClusterSession implements Disposable {
  readonly #options: ClusterSessionOptions
  readonly #provision: ProvisionOptions
  #namespaceReady: Promise<void> | undefined
  #toolbox: Promise<void> | undefined
  #view: Promise<ClusterView & Disposable> | undefined
  #ground: StepGround | undefined

  constructor(options: ClusterSessionOptions) {
    this.#options = options
    this.#provision = options
  }

  get client(): KubeClient {
    return this.#options.client
  }

  get namespace(): string {
    return this.#options.namespace
  }

  /** Whether the cluster is the learner's alone. */
  get exclusive(): boolean {
    return this.#options.exclusive
  }

  /** Aborted when the cluster is lost or let go. */
  get signal(): AbortSignal {
    return this.#options.signal
  }

  /** The live objects, requests and commands; the namespace is made first when it is not there yet. */
  async view(): Promise<ClusterView> {
    await this.#namespace()
    return this.#openView()
  }

  /** Resolves when the toolbox can be entered. */
  enterable(): Promise<void> {
    this.#toolbox ??= this.#makeToolbox()
    return this.#toolbox
  }

  /** Resolves with the view when the chapter's workloads run. */
  async openChapter(chapter: string, manifests: readonly KubeObject[]): Promise<ClusterView> {
    await this.#namespace()
    const [view] = await Promise.all([this.#openView(), deployChapter(this.#provision, chapter, manifests)])
    return view
  }

  /** Resolves when what another chapter took away of this one's workloads runs again. */
  enterChapter(chapter: string, manifests: readonly KubeObject[], onMissing: () => void): Promise<void> {
    return enterChapter(this.#provision, chapter, manifests, onMissing)
  }

  /** How steps set up this cluster and bring it back. */
  get ground(): StepGround {
    this.#ground ??= createClusterGround(this.#options)
    return this.#ground
  }

  async shell(onOutput: (data: Buffer) => void): Promise<ShellConnection> {
    await this.enterable()
    const { client, namespace, signal } = this.#options
    const enter = async () => {
      const shell = await client.shell(
        { namespace, pod: TOOLBOX, container: TOOLBOX, command: SHELL },
        onOutput,
      )
      const close = () => shell.close()
      signal.addEventListener('abort', close)
      void shell.ended.then(() => signal.removeEventListener('abort', close))
      if (signal.aborted) close()
      return shell
    }
    try {
      return await enter()
    } catch (error) {
      if (!isStatus(error, 404)) throw error
      // The learner deleted it.
      this.#toolbox = this.#makeToolbox()
      await this.#toolbox
      return enter()
    }
  }

  dispose(): void {
    this.#view?.then(
      view => view.dispose(),
      () => undefined, // It never opened; whoever asked for it was told.
    )
  }

  #namespace(): Promise<void> {
    this.#namespaceReady ??= provisionNamespace(this.#provision)
    return this.#namespaceReady
  }

  async #makeToolbox(): Promise<void> {
    await this.#namespace()
    await provisionToolbox(this.#provision)
    await toolboxReady(this.#provision)
  }

  #openView(): Promise<ClusterView & Disposable> {
    this.#view ??= openClusterView(this.#options)
    return this.#view
  }
}
