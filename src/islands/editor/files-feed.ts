/** The learner's files on the server: the tree as it changes, commands that ended, and wishes with their answers. */
import type {
  FileEntry,
  FilesClientMessage,
  FilesServerMessage,
} from '../../../sandbox-server/protocol/files.ts'
import { type FeatureSocket, openFeatureSocket } from '../connection/feature-socket.ts'

type DistributiveOmit<Union, Key extends string> = Union extends unknown ? Omit<Union, Key> : never
export type Wish = DistributiveOmit<FilesClientMessage, 'id'>
export type Answer = Extract<FilesServerMessage, { id: number }>
export type CommandEnd = Extract<FilesServerMessage, { type: 'command' }>

export interface FilesFeedListeners {
  onTree(entries: readonly FileEntry[], isCut: boolean): void
  onCommand(command: CommandEnd): void
  onAway(isAway: boolean): void
}

/** The server takes a megabyte; a letter may take three bytes. */
const LARGEST_WISH_CHARACTERS = 340_000
const OPEN_PATIENCE_MS = 3_000
const later = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

/** There is no connection: nothing was done. */
export class Offline extends Error {}

const TYPES = new Set<unknown>([
  'tree',
  'away',
  'text',
  'binary',
  'written',
  'conflict',
  'done',
  'tried',
  'compared',
  'failed',
  'command',
  'error',
] satisfies FilesServerMessage['type'][])
const isMessage = (value: unknown): value is FilesServerMessage =>
  typeof value === 'object' && value !== null && 'type' in value && TYPES.has(value.type)

export class FilesFeed {
  readonly #listeners: FilesFeedListeners
  readonly #pending = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>()
  #socket: FeatureSocket | undefined
  #opened = Promise.withResolvers<void>()
  #nextId = 1

  constructor(listeners: FilesFeedListeners) {
    this.#listeners = listeners
  }

  connect(): void {
    this.#socket ??= openFeatureSocket({
      path: '/ws/files',
      isMessage,
      onMessage: message => this.#hear(message),
      onState: ({ name }) => {
        if (name === 'open') this.#opened.resolve()
        if (name === 'lost') this.#lost()
      },
    })
  }

  /** The server looks at the files only while it is connected. */
  disconnect(): void {
    this.#socket?.dispose()
    this.#socket = undefined
    this.#opened = Promise.withResolvers()
    this.#giveUp()
  }

  /** Rejects with Offline. */
  async ask(wish: Wish): Promise<Answer> {
    this.connect()
    const id = this.#nextId++
    // The connection would be closed over it.
    if (JSON.stringify(wish).length > LARGEST_WISH_CHARACTERS)
      return { type: 'failed', id, failure: 'too-big', detail: '' }
    await Promise.race([this.#opened.promise, later(OPEN_PATIENCE_MS)])
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#pending.set(id, { resolve, reject })
    if (!this.#socket?.send({ ...wish, id })) {
      this.#pending.delete(id)
      throw new Offline()
    }
    return promise
  }

  #hear(message: FilesServerMessage): void {
    if (message.type === 'tree') {
      this.#listeners.onAway(false)
      this.#listeners.onTree(message.entries, message.cut)
    } else if (message.type === 'away') this.#listeners.onAway(true)
    else if (message.type === 'command') this.#listeners.onCommand(message)
    else if (message.type === 'error')
      this.#giveUp() // Which wish it was, it does not say.
    else {
      this.#pending.get(message.id)?.resolve(message)
      this.#pending.delete(message.id)
    }
  }

  #lost(): void {
    this.#opened = Promise.withResolvers()
    this.#listeners.onAway(true)
    this.#giveUp()
  }

  #giveUp(): void {
    for (const { reject } of this.#pending.values()) reject(new Offline())
    this.#pending.clear()
  }
}
