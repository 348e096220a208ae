/**
 * One learner's sandbox: it acquires a cluster, keeps chapters and terminals connected to it, and acquires again when
 * the cluster is lost. Chapters, terminals, requests and commands outlive the cluster.
 */
import type { Lesson, Localized } from '../../protocol/lesson.ts'
import type { Language } from '../../protocol/steps.ts'
import { ChapterRun } from '../checks/chapter-run.ts'
import { CommandHistory } from '../checks/command-history.ts'
import { RequestHistory } from '../checks/request-history.ts'
import { PlatformError } from '../errors.ts'
import { openKubeClient } from '../kube-client/client.ts'
import { isStatus } from '../kube-client/kube-error.ts'
import { type Clock, type Disposable, pause } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import { LearnerMesh } from '../mesh/learner-mesh.ts'
import type { Cluster, ClusterProvider } from '../provisioning/cluster-provider.ts'
import { manifestsOf } from '../provisioning/manifests.ts'
import { namespaceOf } from '../provisioning/namespace-objects.ts'
import type { SampleFile, SampleVolume } from '../provisioning/samples.ts'
import { failedText, provisioningTexts, refusedText } from '../provisioning/texts.ts'
import type { ProgressStore } from '../store/progress-store.ts'
import { LearnerTerminals } from '../terminals/learner-terminals.ts'
import { type Capacity, queuedText } from './capacity.ts'
import { ClusterSession } from './cluster-session.ts'
import { SandboxState } from './sandbox-state.ts'

export interface SandboxOptions {
  learnerId: string
  clusters: ClusterProvider
  store: ProgressStore
  samples: readonly SampleFile[]
  sampleVolumes: readonly SampleVolume[]
  toolboxImage: string
  /** Where terminals keep their scrollback. */
  directory: string
  clock: Clock
  log: Log
  /** Without one, a cluster may always be had. */
  policy?: SandboxPolicy
  /** Without one, there is always room. */
  capacity?: Capacity
  /** The learner did something: typed, or asked for something. */
  onActivity?(): void
  /** A chapter was opened for the first time. */
  onChapter?(run: ChapterRun): void
}

/** Whether a learner may have a cluster now. */
export interface SandboxPolicy {
  /** Called before each start. Throws a PlatformError that says why not and what to do. */
  mayStart(learnerId: string): Promise<void>
}

class ClusterLost extends Error {}
/** The cluster is let go, and not taken again before somebody does something. */
class PutToSleep extends Error {}
/** The cluster is let go, and not taken again before the learner asks; `shown` says why. */
class Halted extends Error {
  readonly shown: PlatformError
  constructor(shown: PlatformError) {
    super(shown.message)
    this.shown = shown
  }
}

interface Current {
  session: ClusterSession
  cycle: AbortController
  joined: Map<ChapterRun, Promise<void>>
}

const START_DEADLINE_MS = 5 * 60_000
/** A broken connection is often the first sign of a lost cluster; so long its provider has to say so. */
const LOST_PATIENCE_MS = 300
const RETRIES = 3
const FIRST_RETRY_MS = 250

export class Sandbox {
  readonly state: SandboxState
  readonly terminals: LearnerTerminals
  /** What goes on between the learner's workloads. */
  readonly mesh: LearnerMesh
  /** The language the learner used last, for what is said to no browser in particular. */
  language: Language = 'en'
  readonly #options: SandboxOptions
  readonly #abort = new AbortController()
  readonly #chapters = new Map<string, Promise<ChapterRun>>()
  readonly #requests = new RequestHistory()
  readonly #commands = new CommandHistory()
  readonly #readMarks = new Map<string, string>()
  readonly #clusterListeners = new Set<(cluster: ClusterSession | undefined) => void>()
  #current: Current | undefined
  #session = Promise.withResolvers<ClusterSession>()
  #retry = Promise.withResolvers<void>()
  #cycle: AbortController | undefined
  /** Id of the chapter whose page was opened last. */
  #entered: string | undefined
  /** Deletes what the cluster holds before it is taken again. */
  #forget = false
  #woken = false
  readonly #ended: Promise<void>

  constructor(options: SandboxOptions) {
    this.#options = options
    this.state = new SandboxState(provisioningTexts.cluster, options.clock)
    this.terminals = new LearnerTerminals({
      directory: options.directory,
      clock: options.clock,
      log: options.log,
      onCommand: record => this.#commands.add(record),
      source: {
        language: () => this.language,
        asleep: () => this.state.state === 'asleep' || this.#cycle?.signal.reason instanceof PutToSleep,
        onInput: () => this.touch(),
        open: async onOutput => (await this.#session.promise).shell(onOutput),
      },
    })
    this.mesh = new LearnerMesh({ requests: this.#requests, clock: options.clock, log: options.log })
    this.onCluster(cluster => this.mesh.follow(cluster))
    this.#ended = this.#keepACluster()
  }

  /** The learner's way through a chapter; its workloads are started when they are not there. */
  chapter(lesson: Lesson): Promise<ChapterRun> {
    const known = this.#chapters.get(lesson.id)
    if (known) return known
    const { learnerId, store, clock, log } = this.#options
    const loading = ChapterRun.load({ learnerId, lesson, store, clock, log })
    this.#chapters.set(lesson.id, loading)
    loading.then(
      run => {
        this.#options.onChapter?.(run)
        return this.#joinCurrent(run)
      },
      () => this.#chapters.delete(lesson.id),
    )
    return loading
  }

  /** A chapter was written anew: whoever has it open comes back to the new one, with the progress so far. */
  async replaceChapter({ id }: Lesson): Promise<void> {
    const known = this.#chapters.get(id)
    if (!known) return
    this.#chapters.delete(id)
    await (await known).retire()
  }

  /** The learner opened the chapter's page: its workloads are started when another chapter took them away. */
  async enter(lesson: Lesson): Promise<ChapterRun> {
    this.#entered = lesson.id
    const run = await this.chapter(lesson)
    const current = this.#current
    const joining = current?.joined.get(run)
    if (current && joining)
      joining.then(() => this.#startMissing(run, current)).catch(error => current.cycle.abort(error))
    return run
  }

  /** The cluster of now: its client, namespace and view; undefined while there is none. */
  get cluster(): ClusterSession | undefined {
    return this.#current?.session
  }

  /** Calls at once with the cluster of now, then whenever it is another, is lost (undefined), or is there again. */
  onCluster(listener: (cluster: ClusterSession | undefined) => void): Disposable {
    this.#clusterListeners.add(listener)
    listener(this.cluster)
    return { dispose: () => void this.#clusterListeners.delete(listener) }
  }

  /** The cluster of now, or the next one. Rejects when the sandbox is let go. */
  whenCluster(): Promise<ClusterSession> {
    return this.#session.promise
  }

  /** The learner did something: a sandbox that sleeps wakes. */
  touch(): void {
    this.#options.onActivity?.()
    // It may be falling asleep just now.
    if (this.#cycle?.signal.reason instanceof PutToSleep) this.#woken = true
    if (this.state.state === 'asleep') this.#retry.resolve()
  }

  /** Lets the cluster go while nobody does anything; its objects are kept. Only a ready one can. */
  sleep(): void {
    if (this.state.state !== 'ready') return
    this.#woken = false
    this.#cycle?.abort(new PutToSleep())
  }

  /** Lets the cluster go and says why; `forget` deletes what it held. The learner may ask again, by `retry`. */
  halt(shown: PlatformError, forget: boolean): void {
    if (forget) this.#forget = true
    this.#cycle?.abort(new Halted(shown))
  }

  /** Deletes what the cluster holds; a fresh one starts. */
  reset(): void {
    this.#forget = true
    this.#cycle?.abort(new ClusterLost())
    this.#retry.resolve()
  }

  /** After a failure. */
  retry(): void {
    if (this.state.state === 'failed') this.#retry.resolve()
  }

  async dispose(): Promise<void> {
    this.#abort.abort(new ClusterLost())
    this.#session.promise.catch(() => undefined) // Nobody may be waiting.
    this.#session.reject(new ClusterLost())
    this.terminals.dispose()
    this.mesh.dispose()
    await this.#ended
    for (const run of await Promise.all(this.#chapters.values())) await run.settled()
  }

  /** A chapter that is opened while the cluster is there already. */
  async #joinCurrent(run: ChapterRun): Promise<void> {
    const current = this.#current
    if (!current) return
    const wasReady = this.state.state === 'ready'
    if (wasReady) this.state.set('starting', 0.3, provisioningTexts.workloads)
    try {
      await this.#join(run, current)
      if (wasReady && !current.cycle.signal.aborted) this.state.set('ready', 1, provisioningTexts.ready)
    } catch (error) {
      current.cycle.abort(error)
    }
  }

  async #startMissing({ lesson }: ChapterRun, { session, cycle }: Current): Promise<void> {
    const manifests = manifestsOf(lesson.deploy, this.#options.samples)
    let wasReady = false
    await session.enterChapter(lesson.id, manifests, () => {
      wasReady = this.state.state === 'ready'
      if (wasReady) this.state.set('starting', 0.3, provisioningTexts.workloads)
    })
    if (wasReady && !cycle.signal.aborted) this.state.set('ready', 1, provisioningTexts.ready)
  }

  async #keepACluster(): Promise<void> {
    const signal = this.#abort.signal
    let failures = 0
    while (!signal.aborted) {
      const cycle = new AbortController()
      this.#cycle = cycle
      const end = () => cycle.abort(signal.reason)
      signal.addEventListener('abort', end)
      try {
        await this.#oneCluster(cycle, () => {
          failures = 0
        })
      } catch (error) {
        if (this.#forget) await this.#deleteObjects()
        if (signal.aborted) return
        if (error instanceof PutToSleep) {
          if (!this.#woken) await this.#rest('asleep', provisioningTexts.asleep)
        } else if (error instanceof Halted) await this.#rest('failed', refusedText(error.shown))
        else if (!(error instanceof ClusterLost)) await this.#failed(error, failures++)
      } finally {
        signal.removeEventListener('abort', end)
      }
    }
  }

  /** Returns never; rejects with ClusterLost when the cluster is gone, else with what failed. */
  async #oneCluster(cycle: AbortController, onReady: () => void): Promise<never> {
    const { clusters, learnerId, clock, log } = this.#options
    const signal = cycle.signal
    await this.#options.policy?.mayStart(learnerId)
    const room = await this.#options.capacity?.admit(learnerId, signal, place =>
      this.state.set('queued', 0, queuedText(place), place.place),
    )
    if (room) this.state.set('starting', 0, provisioningTexts.cluster)
    const startedAt = clock.now()
    let cluster: Cluster
    try {
      signal.throwIfAborted()
      cluster = await clusters.acquire(learnerId)
    } catch (error) {
      room?.dispose()
      throw signal.aborted ? signal.reason : error
    }
    const lost = () => cycle.abort(new ClusterLost())
    void cluster.lost?.then(lost, lost)
    let session: ClusterSession | undefined
    let close = () => {}
    try {
      signal.throwIfAborted()
      const client = await openKubeClient(cluster.kubeconfig, clock)
      close = () => client.close()
      this.state.set('starting', 0.1, provisioningTexts.namespace)
      const deadline = clock.after(START_DEADLINE_MS, () =>
        cycle.abort(new Error('the workloads were not ready within five minutes')),
      )
      session = new ClusterSession({
        ...this.#options,
        client,
        namespace: namespaceOf(learnerId),
        exclusive: cluster.exclusive ?? false,
        requests: this.#requests,
        commands: this.#commands,
        readMarks: this.#readMarks,
        requestsSince: await this.#evidenceSince(),
        signal,
        onProgress: (progress, text) => {
          if (this.state.state !== 'ready') this.state.set('starting', progress, text)
        },
      })
      const current: Current = { session, cycle, joined: new Map() }
      this.#current = current
      this.#session.resolve(session)
      this.#tellCluster()
      const joinAll = async () => {
        const runs = await Promise.all(this.#chapters.values())
        await Promise.all(runs.map(run => this.#join(run, current)))
      }
      await Promise.race([rejection(signal), Promise.all([session.enterable(), joinAll()])])
      deadline.dispose()
      this.state.set('ready', 1, provisioningTexts.ready)
      room?.started()
      log.info('sandbox ready', { learnerId, milliseconds: clock.now() - startedAt })
      onReady()
      return await rejection(signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (!isStatus(error, 0)) throw error
      await pause(clock, LOST_PATIENCE_MS, signal)
      throw signal.aborted ? signal.reason : error
    } finally {
      cycle.abort(new ClusterLost())
      await this.#leave(session, cluster, close)
      room?.dispose()
    }
  }

  #join(run: ChapterRun, current: Current): Promise<void> {
    const known = current.joined.get(run)
    if (known) return known
    const join = async () => {
      const manifests = manifestsOf(run.lesson.deploy, this.#options.samples)
      const view = await current.session.openChapter(run.lesson.id, manifests)
      if (this.#entered === run.lesson.id) await this.#startMissing(run, current)
      if (!current.cycle.signal.aborted) await run.attach(view, current.session.ground)
    }
    const joining = join()
    current.joined.set(run, joining)
    return joining
  }

  async #leave(session: ClusterSession | undefined, cluster: Cluster, close: () => void): Promise<void> {
    this.#current = undefined
    this.#tellCluster()
    // Whoever waits for a session goes on waiting for the next one.
    if (session && !this.#abort.signal.aborted) this.#session = Promise.withResolvers()
    if (!this.#abort.signal.aborted && this.#cycle?.signal.reason instanceof ClusterLost)
      this.state.set('starting', 0, provisioningTexts.lost)
    for (const run of await Promise.allSettled(this.#chapters.values()))
      if (run.status === 'fulfilled') run.value.detach()
    session?.dispose()
    close()
    await cluster
      .release()
      .catch(error => this.#options.log.warn('a cluster could not be released', { reason: reasonOf(error) }))
  }

  #tellCluster(): void {
    for (const listener of [...this.#clusterListeners]) listener(this.cluster)
  }

  /** Tries a few times by itself what looks like a passing fault, then waits for the learner. */
  async #failed(error: unknown, failures: number): Promise<void> {
    const { learnerId, log, clock } = this.#options
    log.error('sandbox failed', { learnerId, reason: reasonOf(error) })
    const passing = isStatus(error, 0, 429, 500, 502, 503, 504)
    if (passing && failures < RETRIES) return pause(clock, FIRST_RETRY_MS * 2 ** failures, this.#abort.signal)
    await this.#rest(
      'failed',
      error instanceof PlatformError ? refusedText(error) : failedText(reasonOf(error)),
    )
  }

  /** Without a cluster, until somebody wants one. */
  async #rest(state: 'asleep' | 'failed', text: Localized): Promise<void> {
    this.#retry = Promise.withResolvers()
    this.state.set(state, 0, text)
    await Promise.race([this.#retry.promise, rejection(this.#abort.signal).catch(() => undefined)])
    if (!this.#abort.signal.aborted) this.state.set('starting', 0, provisioningTexts.cluster)
  }

  async #deleteObjects(): Promise<void> {
    const { clusters, learnerId, log } = this.#options
    this.#forget = false
    await clusters
      .forget?.(learnerId)
      .catch(error => log.error('a cluster could not be deleted', { learnerId, reason: reasonOf(error) }))
  }

  async #evidenceSince(): Promise<number> {
    const now = this.#options.clock.now()
    const runs = await Promise.all(this.#chapters.values())
    return Math.min(now, ...runs.map(run => run.evidenceSince ?? now))
  }
}

/** Rejects with the signal's reason. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
