/** The chapter's socket and what it has told so far. Parts of the page subscribe and draw themselves from the state. */
import type { ChapterClientMessage, ChapterServerMessage } from '../../../sandbox-server/protocol/messages.ts'
import type { Language, SandboxReport, StepReport } from '../../../sandbox-server/protocol/steps.ts'
import { parseChapterMessage } from './messages.ts'
import { type LinkState, ReconnectingSocket, socketUrl } from './reconnecting-socket.ts'
import { session } from './session.ts'

export interface ChapterState {
  link: LinkState
  sandbox: SandboxReport | undefined
  /** By step id. */
  steps: ReadonlyMap<string, StepReport>
  /** Opened hints of a step, in order. */
  hints: ReadonlyMap<string, readonly string[]>
  solutions: ReadonlyMap<string, readonly string[]>
  error: { code: string; message: string; hint: string } | undefined
  /** The step whose beginning the cluster is brought to, or was last (`milliseconds`). */
  restoration: { step: string; milliseconds?: number; failed?: boolean } | undefined
}

type Listener = (state: ChapterState) => void

export class ChapterConnection {
  #state: ChapterState = {
    link: { name: 'connecting' },
    sandbox: undefined,
    steps: new Map(),
    hints: new Map(),
    solutions: new Map(),
    error: undefined,
    restoration: undefined,
  }
  readonly #listeners = new Set<Listener>()
  readonly #socket: ReconnectingSocket

  constructor(chapter: string, language: Language) {
    this.#socket = new ReconnectingSocket({
      url: async () => {
        await session()
        return socketUrl(`/ws/chapter/${chapter}`, { lang: language })
      },
      onState: link => this.#change({ link }),
      onText: text => {
        const message = parseChapterMessage(text)
        if (message) this.#change(after(this.#state, message))
      },
    })
  }

  get state(): ChapterState {
    return this.#state
  }

  /** Calls at once with the state of now, then on every change, until the returned function is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    listener(this.#state)
    return () => this.#listeners.delete(listener)
  }

  /** False when there is no connection; the state says so to the learner. */
  send(message: ChapterClientMessage): boolean {
    return this.#socket.send(JSON.stringify(message))
  }

  retryNow(): void {
    this.#socket.retryNow()
  }

  dismissError(): void {
    this.#change({ error: undefined })
  }

  #change(changed: Partial<ChapterState>): void {
    this.#state = { ...this.#state, ...changed }
    for (const listener of this.#listeners) listener(this.#state)
  }
}

/** The part of the state that a message changes. */
export function after(state: ChapterState, message: ChapterServerMessage): Partial<ChapterState> {
  switch (message.type) {
    case 'sandbox':
      return { sandbox: message.sandbox }
    case 'steps':
      return { steps: new Map(message.steps.map(step => [step.id, step])) }
    case 'step':
      return {
        steps: new Map(state.steps).set(message.step.id, message.step),
        ...(message.step.hintsOpened === 0 && { hints: without(state.hints, message.step.id) }),
        ...(!message.step.solutionShown && { solutions: without(state.solutions, message.step.id) }),
      }
    case 'restored':
      return { restoration: message }
    case 'solution':
      return { solutions: new Map(state.solutions).set(message.step, message.commands) }
    case 'hint': {
      const hints = [...(state.hints.get(message.step) ?? [])]
      hints[message.index] = message.text
      return { hints: new Map(state.hints).set(message.step, hints) }
    }
    case 'error':
      return { error: { code: message.code, message: message.message, hint: message.hint } }
  }
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const rest = new Map(map)
  rest.delete(key)
  return rest
}
