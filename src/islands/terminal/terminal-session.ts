/** Joins a terminal on the page to the shell on the server: bytes both ways, size, flow control, and coming back after a loss. */
import type { TerminalClientControl } from '../../../sandbox-server/protocol/messages.ts'
import { parseTerminalControl } from '../connection/messages.ts'
import { type LinkState, ReconnectingSocket, socketUrl } from '../connection/reconnecting-socket.ts'
import { session } from '../connection/session.ts'
import { FlowControl } from './flow-control.ts'
import type { TerminalView } from './terminal-view.ts'

export type SessionState = LinkState['name'] | 'ready' | 'ended' | 'closed'

export interface TerminalSession {
  /** Types a command and Enter, on an emptied line; waits for the shell when it is not there yet. */
  run(command: string): void
  /** This browser is used now: its size counts, in every browser. */
  takeSize(): void
  retryNow(): void
  dispose(): void
}

/** End of the line, then erase it: what was half typed does not mix with the command. */
const EMPTY_LINE = '\u0005\u0015'

export function startSession(
  view: TerminalView,
  terminalId: string,
  chapter: string,
  onState: (state: SessionState, message?: string) => void,
): TerminalSession {
  const { terminal } = view
  const encoder = new TextEncoder()
  const pending: string[] = []
  let isReady = false
  /** The size of another browser, which was used last. */
  let followed: { columns: number; rows: number } | undefined

  const control = (message: TerminalClientControl) => socket.send(JSON.stringify(message))
  const flow = new FlowControl(bytes => control({ type: 'ack', bytes }))
  const type = (command: string) => {
    terminal.input(EMPTY_LINE, false)
    terminal.paste(command)
    terminal.input('\r', false)
    terminal.scrollToBottom()
  }

  function onControl(text: string): void {
    const message = parseTerminalControl(text)
    if (message?.type === 'ready') {
      isReady = true
      onState('ready')
      for (const command of pending.splice(0)) type(command)
    }
    if (message?.type === 'size') {
      followed = message
      terminal.resize(message.columns, message.rows)
    }
    if (message?.type === 'closed') {
      socket.dispose()
      onState('closed')
    }
    if (message?.type === 'ended') {
      isReady = false
      onState('ended', message.message)
    }
  }

  const socket = new ReconnectingSocket({
    url: async () => {
      await session()
      return socketUrl(`/ws/terminal/${terminalId}`, {
        chapter,
        columns: String(terminal.cols),
        rows: String(terminal.rows),
      })
    },
    onState: state => {
      isReady = false
      // The server replays the whole scrollback to each connection.
      if (state.name === 'open') {
        followed = undefined
        flow.reset()
        terminal.reset()
      }
      onState(state.name)
    },
    onText: onControl,
    onBytes: bytes => {
      flow.received(bytes.length)
      terminal.write(bytes, () => flow.drawn(bytes.length))
    },
  })

  terminal.onData(data => socket.send(encoder.encode(data)))
  terminal.onBinary(data => socket.send(Uint8Array.from(data, character => character.charCodeAt(0))))
  terminal.onResize(({ cols, rows }) => {
    if (cols === followed?.columns && rows === followed.rows) return
    followed = undefined
    control({ type: 'resize', columns: cols, rows })
  })

  return {
    run: command => (isReady ? type(command) : pending.push(command)),
    takeSize: () => {
      if (followed) view.fit()
    },
    retryNow: () => socket.retryNow(),
    dispose: () => socket.dispose(),
  }
}
