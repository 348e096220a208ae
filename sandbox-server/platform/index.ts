/**
 * The platform's door: a web server that gives each learner a sandbox in some cluster, terminals into it, and checks
 * that tick themselves off. It knows a cluster only by its kubeconfig.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from './errors.ts'
import { createHttpServer } from './http/server.ts'
import { warmUp } from './kube-client/transport.ts'
import { type CapacityOptions, createCapacity } from './learners/capacity.ts'
import { Sandbox } from './learners/sandbox.ts'
import { createSandboxes } from './learners/sandboxes.ts'
import { createSessions } from './learners/sessions.ts'
import { loadCourse } from './lessons/load-lessons.ts'
import { watchCourse } from './lessons/watch-course.ts'
import { type Clock, systemClock } from './lifecycle.ts'
import { type Log, reasonOf } from './log.ts'
import type { ClusterProvider } from './provisioning/cluster-provider.ts'
import { sampleVolumes } from './provisioning/samples.ts'
import { DEFAULT_TOOLBOX_IMAGE } from './provisioning/toolbox.ts'
import { openDatabase } from './store/database.ts'
import { createProgressStore, deferredStore } from './store/progress-store.ts'
import { createStore } from './store/store.ts'
import { createWorkshops, type WorkshopsOptions } from './workshops/workshops.ts'

export { type OidcSettings, oidcSettings } from './auth/oidc.ts'
export { type ErrorCode, PlatformError } from './errors.ts'
export { LessonError } from './lessons/lesson-error.ts'
export { newChapter } from './lessons/new-chapter.ts'
export { proveLessons } from './lessons/prove/prove.ts'
export { type Cluster, type ClusterProvider, sharedCluster } from './provisioning/cluster-provider.ts'

export interface PlatformOptions {
  host: string
  /** 0 takes any that is free. */
  port: number
  dataDirectory: string
  /** `postgres://…`; without it progress is kept in the data folder. */
  databaseUrl?: string
  /** Made at set-up; without it the first start takes seconds longer. */
  databaseTemplate?: string
  /** The built site. */
  siteDirectory: string
  lessonsDirectory: string
  samplesDirectory: string
  /** Chapters that are written meanwhile are read again. */
  watchLessons?: boolean
  clusters: ClusterProvider
  toolboxImage?: string
  /** A sandbox that nobody looks at is let go after this long. */
  idleMs?: number
  /** A sandbox whose learner does nothing for so long sleeps; a workshop has a setting of its own. */
  sleepsAfterMs?: number
  /** What a sandbox takes and what the machine has, where measuring is not enough. */
  capacity?: Pick<CapacityOptions, 'perSandboxMb' | 'keptFreeMb' | 'mostSandboxes' | 'availableMb'>
  workshops?: Pick<WorkshopsOptions, 'oidc' | 'allowPrivateWebhooks'>
  /** Behind a proxy: its X-Forwarded headers say who asks and whether by https. */
  trustProxy?: boolean
  clock?: Clock
  /** One line for the server's log. */
  log(line: string): void
}

export interface Platform {
  /** `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string
  /** Where the first admin signs in, once; undefined when there is one already. */
  readonly signInLink: Promise<string | undefined>
  /** Ends connections, lets the clusters go (their objects are kept) and closes the store. */
  dispose(): Promise<void>
}

/** Resolves when pages are served. Rejects with PlatformError (`port_in_use` …) or LessonError. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const clock = options.clock ?? systemClock
  const log = lineLog(options.log)
  const course = await loadCourse(options.lessonsDirectory, options.samplesDirectory)
  const volumes = sampleVolumes(course.samples)
  const database = Promise.withResolvers<Awaited<ReturnType<typeof openDatabase>>>()
  const opening = database.promise.then(({ db, bell }) => createProgressStore(db, () => clock.now(), bell))
  const store = deferredStore(opening)
  const sessions = createSessions(store, clock)
  const capacity = createCapacity({
    ...(options.clusters.onThisMachine ? {} : ELSEWHERE),
    ...options.capacity,
    clock,
    onPressure: () => sandboxes.relieve(),
  })
  const workshops = createWorkshops({
    ...options.workshops,
    store: createStore(database.promise),
    sessions,
    lessons: course.lessons,
    clusters: options.clusters,
    capacity,
    dataDirectory: options.dataDirectory,
    clock,
    log,
  })
  opening.catch(error => log.error('the store cannot be opened', { reason: reasonOf(error) }))

  const sandboxes = createSandboxes({
    clock,
    log,
    idleMs: options.idleMs,
    sleepsAfterMs: learnerId => workshops.policy.sleepsAfterMs(learnerId) ?? options.sleepsAfterMs,
    create(learnerId, onActivity) {
      const sandbox = new Sandbox({
        learnerId,
        clusters: options.clusters,
        store,
        samples: course.samples,
        sampleVolumes: volumes,
        toolboxImage: options.toolboxImage ?? DEFAULT_TOOLBOX_IMAGE,
        directory: join(options.dataDirectory, 'terminals', learnerId),
        clock,
        log,
        capacity,
        policy: workshops.policy,
        onActivity() {
          onActivity()
          workshops.active(learnerId)
        },
        onChapter: run => workshops.chapterOpened(learnerId, run),
      })
      workshops.opened(learnerId, sandbox)
      return sandbox
    },
  })
  const watching = options.watchLessons
    ? watchCourse({
        ...options,
        course,
        clock,
        log,
        onLesson(lesson) {
          for (const sandbox of sandboxes.all())
            sandbox
              .replaceChapter(lesson)
              .catch(error => log.error('a chapter could not be replaced', { reason: reasonOf(error) }))
        },
      })
    : undefined
  const app = await createHttpServer({
    siteDirectory: options.siteDirectory,
    lessons: course.lessons,
    store,
    sessions,
    sandboxes,
    workshops,
    trustProxy: options.trustProxy,
    clock,
    log,
  })
  const { host, port } = options
  let url: string
  try {
    url = await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw listenError(error, host, port)
  }
  // Pages are served from here on; opening the database takes a moment.
  openDatabase(options).then(database.resolve, database.reject)
  warmUp().catch(error => log.error('the Kubernetes client cannot be loaded', { reason: reasonOf(error) }))

  const signInLink = database.promise.then(async () => {
    writeServerFile(options.dataDirectory, url, await workshops.accounts.localToken(options.dataDirectory))
    if (!(await workshops.accounts.firstSignIn())) return undefined
    return `${url}/sign-in/#code=${await workshops.accounts.newCode()}`
  })
  signInLink.catch(error => log.error('there is no link to sign in by', { reason: reasonOf(error) }))

  let disposing: Promise<void> | undefined
  const dispose = async () => {
    watching?.dispose()
    await app.close()
    workshops.dispose()
    await signInLink.catch(() => undefined) // Said above.
    await sandboxes.dispose()
    await database.promise.then(
      ({ close }) => close(),
      () => undefined, // Said already; there is nothing to close.
    )
  }
  return {
    url,
    signInLink,
    dispose() {
      disposing ??= dispose()
      return disposing
    },
  }
}

/** What a sandbox takes here when its cluster is another machine's. */
const ELSEWHERE = { perSandboxMb: 2, perSandboxProcessor: 0.001, startsAtOnce: 50 }

/** Where the server is and how its owner's own programs get in, for them alone. */
function writeServerFile(dataDirectory: string, url: string, token: string): void {
  const path = join(dataDirectory, 'server.json')
  writeFileSync(path, `${JSON.stringify({ url, token })}\n`, { mode: 0o600 })
}

function listenError(error: unknown, host: string, port: number): unknown {
  if (!(error instanceof Error && 'code' in error)) return error
  if (error.code === 'EADDRINUSE') return new PlatformError('port_in_use', { host, port }, error)
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new PlatformError('cannot_listen', { host, port, detail: error.message }, error)
  return error
}

/** A log that writes one line per message. */
export const lineLog = (write: (line: string) => void): Log => {
  const line =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value) ?? ''}`)
      write(`${level} ${message}${rest.join('')}`)
    }
  return { info: line('info'), warn: line('warn'), error: line('error') }
}
