/** One word about the sandbox and the connection, always in sight. */

import { fill } from '../../language/index.ts'
import type { ChapterState } from '../connection/chapter-connection.ts'
import { theConnection, theWords } from './page.ts'

export type SandboxStanding = 'connecting' | 'starting' | 'queued' | 'ready' | 'asleep' | 'failed' | 'lost'

/** What matters most now: a lost connection hides what the sandbox was last heard to do. */
export function standing({ link, sandbox }: ChapterState): SandboxStanding {
  if (link.name === 'lost') return 'lost'
  if (link.name === 'connecting') return sandbox ? 'lost' : 'connecting'
  if (sandbox?.queue !== undefined && sandbox.state === 'starting') return 'queued'
  if (sandbox?.asleep && sandbox.state === 'ready') return 'asleep'
  return sandbox?.state ?? 'connecting'
}

class SandboxPill extends HTMLElement {
  connectedCallback(): void {
    const words = theWords()
    const text: Record<SandboxStanding, string> = {
      connecting: words.sandboxConnecting,
      starting: words.sandboxStarting,
      queued: words.frame.queued,
      ready: words.sandboxReady,
      asleep: words.frame.asleep,
      failed: words.sandboxFailed,
      lost: words.sandboxLost,
    }
    const label = this.querySelector('span')
    // Not part of what is read out: it changes every minute.
    const left = this.querySelector('small')
    let sleepsAt: number | undefined
    const drawLeft = () => {
      const minutes = Math.max(1, Math.ceil(((sleepsAt ?? 0) - Date.now()) / 60_000))
      if (left)
        left.textContent = sleepsAt === undefined ? '' : ` · ${fill(words.frame.sleepsIn, { minutes })}`
    }
    let told: ChapterState['sandbox']
    theConnection().subscribe(state => {
      const now = standing(state)
      this.dataset['state'] = now
      const says = fill(text[now], { place: state.sandbox?.queue ?? 0 })
      // Written only when it changes: it is read out.
      if (label && label.textContent !== says) label.textContent = says
      if (state.sandbox !== told) {
        told = state.sandbox
        sleepsAt = told?.sleepsInMs === undefined ? undefined : Date.now() + told.sleepsInMs
      }
      if (now !== 'ready') sleepsAt = undefined
      drawLeft()
    })
    setInterval(drawLeft, 30_000)
  }
}
customElements.define('meshdojo-sandbox-pill', SandboxPill)
