/** Workshops put together: what happens to sandboxes becomes events, what people ask for becomes routes and sockets. */
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { PlacedLesson } from '../../protocol/lesson.ts'
import { type Accounts, createAccounts } from '../auth/accounts.ts'
import { createGuesses } from '../auth/guesses.ts'
import { createOidc, type OidcSettings } from '../auth/oidc.ts'
import type { ChapterRun } from '../checks/chapter-run.ts'
import type { Capacity } from '../learners/capacity.ts'
import type { Sandbox } from '../learners/sandbox.ts'
import type { Sandboxes } from '../learners/sandboxes.ts'
import type { Sessions } from '../learners/sessions.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import type { ClusterProvider } from '../provisioning/cluster-provider.ts'
import { appendEvent } from '../store/event-log.ts'
import type { Store } from '../store/store.ts'
import type { ApiRoute } from './api-route.ts'
import { registerApi } from './api-server.ts'
import { createClassSandboxes } from './class-sandboxes.ts'
import { watchExplanations } from './explanation-watch.ts'
import { createClassRooms } from './live/class-rooms.ts'
import { seatSockets } from './live/seat-sockets.ts'
import { staffSockets } from './live/staff-sockets.ts'
import { followEvents, readMilestones, stepsOfCourse, tellStuck } from './milestones.ts'
import { createRecordings } from './recordings.ts'
import { accountRoutes } from './routes/account-routes.ts'
import { afterRoutes } from './routes/after-routes.ts'
import { deviceRoutes } from './routes/device-routes.ts'
import { joinRoutes } from './routes/join-routes.ts'
import { seatRoutes } from './routes/seat-routes.ts'
import { workshopRoutes } from './routes/workshop-routes.ts'
import { createSeatPolicy, type SeatPolicy } from './seat-policy.ts'
import { requireOpenStep, type StepGate } from './step-gate.ts'
import { keepSending, readForWebhooks } from './webhooks.ts'

export interface WorkshopsOptions {
  store: Store
  sessions: Sessions
  lessons: ReadonlyMap<string, PlacedLesson>
  clusters: ClusterProvider
  capacity: Capacity
  dataDirectory: string
  clock: Clock
  log: Log
  oidc?: OidcSettings
  /** Webhooks may reach this machine and its network. */
  allowPrivateWebhooks?: boolean
}

export interface Workshops {
  readonly accounts: Accounts
  readonly policy: SeatPolicy
  /** Throws when the learner's workshop has no such chapter; what it returns guards steps that are not open yet. */
  admitToChapter(learnerId: string, chapter: string): Promise<StepGate | undefined>
  /** Puts routes and sockets on the server; call before it listens. */
  register(app: FastifyInstance, sandboxes: Sandboxes): Promise<void>
  /** A sandbox came into being. */
  opened(learnerId: string, sandbox: Sandbox): void
  chapterOpened(learnerId: string, run: ChapterRun): void
  active(learnerId: string): void
  dispose(): void
}

const SWEEP_EVERY_MS = 30_000

export function createWorkshops(options: WorkshopsOptions): Workshops {
  const { store, sessions, lessons, clock, log } = options
  const accounts = createAccounts(store, clock)
  const guesses = createGuesses(store, clock)
  const policy = createSeatPolicy(store, clock)
  const recordings = createRecordings(join(options.dataDirectory, 'recordings'), clock, log)
  const disposables: Disposable[] = []
  let disposed = false
  let sweeping: Disposable | undefined
  let sandboxes: ReturnType<typeof createClassSandboxes> | undefined
  const sandboxOf = (learnerId: string) =>
    sandboxes?.stateOf(learnerId) ?? { state: 'none' as const, queue: 0 }
  const rooms = createClassRooms({ store, lessons, clock, log, sandboxOf })

  async function followAll(): Promise<void> {
    const bell = await store.bell
    if (disposed) return
    const deps = { store, clock, log }
    const now = () => clock.now()
    const steps = stepsOfCourse(lessons)
    const sender = keepSending({ ...deps, allowPrivate: options.allowPrivateWebhooks ?? false })
    const toHooks = async () => {
      const read = await readForWebhooks(store, now)
      if (read > 0) sender.now()
      return read
    }
    const milestones = async () => {
      const read = await readMilestones(store, steps, now)
      // What it wrote is news to others.
      if (read > 0) bell.ring()
      return read
    }
    disposables.push(
      sender,
      followEvents(bell, deps, 'milestones', milestones),
      followEvents(bell, deps, 'webhooks', toHooks),
    )
    sweep()
  }

  /** What time alone brings about. */
  function sweep(): void {
    const work = async () => {
      await tellStuck(store, clock.now())
      for (const learnerId of await policy.expired()) await sandboxes?.end(learnerId, true, 'sandbox_expired')
    }
    work().catch(error => log.error('workshops could not be swept', { reason: reasonOf(error) }))
    sweeping = clock.after(SWEEP_EVERY_MS, sweep)
  }

  function routesOf(control: NonNullable<typeof sandboxes>): ApiRoute[] {
    const deps = { store, clock, lessons, rooms, sandboxes: control, sessions, guesses, accounts, recordings }
    return [
      ...accountRoutes({ ...deps, oidc: options.oidc && createOidc(options.oidc) }),
      ...joinRoutes(deps),
      ...deviceRoutes(deps),
      ...workshopRoutes({ ...deps, forgetRecordings: id => recordings.forget(id) }),
      ...seatRoutes(deps),
      ...afterRoutes({ ...deps, allowPrivateWebhooks: options.allowPrivateWebhooks ?? false }),
    ]
  }

  return {
    accounts,
    policy,

    async admitToChapter(learnerId, chapter) {
      const workshop = await policy.mayOpen(learnerId, chapter)
      return workshop?.gating ? requireOpenStep : undefined
    },

    async register(app, all) {
      const control = createClassSandboxes({ ...options, sandboxes: all })
      sandboxes = control
      disposables.push(control)
      const routes = routesOf(control)
      await registerApi(app, routes, { store, accounts, clock, log })
      let document: Promise<unknown> | undefined
      app.get('/api/openapi.json', () => {
        document ??= import('./openapi.ts').then(({ openApiDocument }) => openApiDocument(routes))
        return document
      })
      seatSockets(app, { store, sessions, clock, log, rooms, onSeat: id => control.used(id) })
      staffSockets(app, { store, accounts, clock, log, rooms, sandboxes: control })
      followAll().catch(error => log.error('workshops cannot follow events', { reason: reasonOf(error) }))
    },

    opened(learnerId, sandbox) {
      const tell = () => rooms.sandboxChanged(learnerId, sandboxOf(learnerId))
      sandbox.state.onChange(tell)
      const recorded = new Map<string, Disposable>()
      const record = () => {
        const workshop = policy.workshopOf(learnerId)
        if (!workshop?.recordings || sandbox.state.state !== 'ready') return
        for (const { id } of sandbox.terminals.list())
          if (!recorded.has(id))
            recorded.set(id, recordings.record(workshop.id, learnerId, id, sandbox.terminals.get(id)))
      }
      sandbox.state.onChange(record)
      // A new name is told before its terminal is there.
      sandbox.terminals.onChange(() => queueMicrotask(record))
    },

    chapterOpened(learnerId, run) {
      let writing: Promise<unknown> = Promise.resolve()
      watchExplanations(run, ({ kind, chapter, step, check, explanation }) => {
        const details = explanation === undefined ? { check } : { check, explanation }
        const event = { at: clock.now(), learnerId, kind, chapter, step, details }
        // In the order in which they were shown.
        writing = writing
          .then(() => store.change(db => appendEvent(db, event)))
          .catch(error => log.error('an event could not be written', { learnerId, reason: reasonOf(error) }))
      })
    },

    active: learnerId => rooms.active(learnerId),

    dispose() {
      disposed = true
      sweeping?.dispose()
      for (const one of disposables) one.dispose()
      rooms.dispose()
    },
  }
}
