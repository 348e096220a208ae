/** One line beside the terminals' tabs: nothing while all is well. */
import { theConnection, theWords } from '../workspace/page.ts'
import type { SessionState } from './terminal-session.ts'

/** Returns what to call with each state of the session. */
export function wireState(pane: HTMLElement): (state: SessionState, message?: string) => void {
  const words = theWords()
  const line = pane.querySelector('.terminal-state')
  let state: SessionState = 'connecting'
  let ended: string | undefined

  function draw(): void {
    const sandbox = theConnection().state.sandbox
    const text: Record<SessionState, string> = {
      connecting: words.terminalConnecting,
      open: words.terminalConnecting,
      lost: words.terminalReconnecting,
      ready: sandbox === undefined || sandbox.state === 'ready' ? '' : words.terminalWaiting,
      ended: ended ?? words.terminalEnded,
      closed: words.terminals.closed,
    }
    pane.dataset['state'] = state
    if (line && line.textContent !== text[state]) line.textContent = text[state]
  }

  theConnection().subscribe(draw)
  return (now, message) => {
    state = now
    ended = message
    draw()
  }
}
