/** The list of the learner's terminals, live: `/ws/terminals`. */
import type {
  TerminalInfo,
  TerminalsClientMessage,
  TerminalsServerMessage,
} from '../../../sandbox-server/protocol/terminals.ts'
import { openFeatureSocket } from '../connection/feature-socket.ts'

export interface TerminalListListeners {
  onList(terminals: readonly TerminalInfo[]): void
  onOpened(id: string): void
  onBusy(id: string): void
  onError(text: string): void
}

export interface TerminalListConnection {
  /** False when there is no connection. */
  send(message: TerminalsClientMessage): boolean
}

const TYPES = new Set<unknown>([
  'terminals',
  'opened',
  'busy',
  'error',
] satisfies TerminalsServerMessage['type'][])

const isMessage = (value: unknown): value is TerminalsServerMessage =>
  typeof value === 'object' && value !== null && 'type' in value && TYPES.has(value.type)

export function joinTerminalList(listeners: TerminalListListeners): TerminalListConnection {
  return openFeatureSocket({
    path: '/ws/terminals',
    isMessage,
    onMessage(message) {
      switch (message.type) {
        case 'terminals':
          return listeners.onList(message.terminals)
        case 'opened':
          return listeners.onOpened(message.id)
        case 'busy':
          return listeners.onBusy(message.id)
        case 'error':
          return listeners.onError(`${message.message} ${message.hint}`)
      }
    },
  })
}
