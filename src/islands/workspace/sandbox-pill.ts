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
    theConnection().subscribe(state => {
      const now = standing(state)
      this.dataset['state'] = now
      const label = this.querySelector('span')
      const says = fill(text[now], { place: state.sandbox?.queue ?? 0 })
      // Written only when it changes: it is read out.
      if (label && label.textContent !== says) label.textContent = says
    })
  }
}
customElements.define('meshdojo-sandbox-pill', SandboxPill)
