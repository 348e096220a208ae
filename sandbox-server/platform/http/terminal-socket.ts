/** `/ws/terminal/<terminal>`: one browser's end of a terminal. */
import type { WebSocket } from 'ws'
import { type TerminalServerControl, terminalClientControl } from '../../protocol/messages.ts'
import type { Terminal } from '../terminals/terminal.ts'
import { bytesOf, textOf, type WebSocketData } from './web-socket-data.ts'

/** WebSocket close code for what breaks the rules of an application. */
const POLICY_VIOLATION = 1008

/** Serves until the socket closes. */
export function serveTerminal(socket: WebSocket, terminal: Terminal): void {
  const attachment = terminal.attach({
    output: data => {
      if (socket.readyState === socket.OPEN) socket.send(data, { binary: true })
    },
    control: (message: TerminalServerControl) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
    },
  })
  socket.on('close', () => attachment.dispose())
  socket.on('message', (data, isBinary) => {
    if (isBinary) return attachment.input(bytesOf(data))
    const control = parseControl(data)
    if (!control) return socket.close(POLICY_VIOLATION, 'not a control message of a terminal')
    if (control.type === 'resize') attachment.resize(control.columns, control.rows)
    else attachment.acknowledge(control.bytes)
  })
}

function parseControl(data: WebSocketData) {
  try {
    return terminalClientControl.safeParse(JSON.parse(textOf(data))).data
  } catch {
    return undefined // Not JSON: the caller closes with a reason.
  }
}
