/** A terminal of somebody else on this page: over the shoulder, or the one an instructor shows. Loaded when it is needed. */

import type { TerminalServerControl } from '../../../sandbox-server/protocol/messages.ts'
import type { ShadowControl } from '../../../sandbox-server/protocol/workshop-live.ts'
import { type LinkState, ReconnectingSocket, socketUrl } from '../connection/reconnecting-socket.ts'
import { FlowControl } from '../terminal/flow-control.ts'
import { openTerminal } from '../terminal/terminal-view.ts'

export type WatchState = LinkState['name'] | 'gone' | 'ended'

export interface WatchOptions {
  /** e.g. `/ws/workshop/ID/seats/ID/terminal/1`. */
  path: string
  onState(state: WatchState): void
  onTyping?(allowed: boolean): void
  /** Readers get flow control from the server only over the shoulder; what is shown to all is not held up by one. */
  acknowledges: boolean
}

export interface WatchedTerminal {
  dispose(): void
}

const LARGEST_FONT_PX = 15
const SMALLEST_FONT_PX = 7
/** A cell's width by its font's size, of the fonts that terminals use. */
const CELL_RATIO = 0.605

type Control = ShadowControl | TerminalServerControl
const isControl = (value: unknown): value is Control =>
  typeof value === 'object' && value !== null && 'type' in value

/** `place` must be in the page. The learner's size is kept: the letters grow and shrink with the place. */
export function watchTerminal(place: HTMLElement, options: WatchOptions): WatchedTerminal {
  const view = openTerminal(place, 13, false)
  const { terminal } = view
  terminal.options.disableStdin = true
  terminal.options.cursorBlink = false
  let mayType = false

  const fit = () => {
    const width = place.clientWidth - 24
    if (width <= 0) return
    const size = Math.floor((width / (terminal.cols * CELL_RATIO)) * 2) / 2
    const fontSize = Math.max(SMALLEST_FONT_PX, Math.min(LARGEST_FONT_PX, size))
    if (terminal.options.fontSize !== fontSize) terminal.options.fontSize = fontSize
  }
  const control = (message: object) => socket.send(JSON.stringify(message))
  const flow = new FlowControl(bytes => {
    if (options.acknowledges) control({ type: 'ack', bytes })
  })

  const socket = new ReconnectingSocket({
    url: () => socketUrl(options.path, {}),
    onState(state) {
      if (state.name === 'open') {
        flow.reset()
        terminal.reset()
      }
      options.onState(state.name)
    },
    onText(text) {
      const message: unknown = JSON.parse(text)
      if (!isControl(message)) return
      if (message.type === 'size') {
        terminal.resize(message.columns, message.rows)
        fit()
      }
      if (message.type === 'typing') {
        mayType = message.allowed
        terminal.options.disableStdin = !mayType
        options.onTyping?.(mayType)
      }
      if (message.type === 'gone') options.onState('gone')
      if (message.type === 'ended' || message.type === 'closed') options.onState('ended')
    },
    onBytes(bytes) {
      flow.received(bytes.length)
      terminal.write(bytes, () => flow.drawn(bytes.length))
    },
  })
  const encoder = new TextEncoder()
  const typed = terminal.onData(data => {
    if (mayType) socket.send(encoder.encode(data))
  })
  const observer = new ResizeObserver(fit)
  observer.observe(place)
  fit()
  window.meshdojoWatched = () => view.text()
  return {
    dispose() {
      observer.disconnect()
      typed.dispose()
      socket.dispose()
      view.dispose()
    },
  }
}
