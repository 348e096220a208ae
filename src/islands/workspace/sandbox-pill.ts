/** One word about the sandbox and the connection, always in sight. */
import type { ChapterState } from '../connection/chapter-connection.ts'
import { theConnection, theWords } from './page.ts'

export type SandboxStanding = 'connecting' | 'starting' | 'ready' | 'failed' | 'lost'

/** What matters most now: a lost connection hides what the sandbox was last heard to do. */
export function standing({ link, sandbox }: ChapterState): SandboxStanding {
  if (link.name === 'lost') return 'lost'
  if (link.name === 'connecting') return sandbox ? 'lost' : 'connecting'
  return sandbox?.state ?? 'connecting'
}

class SandboxPill extends HTMLElement {
  connectedCallback(): void {
    const words = theWords()
    const text: Record<SandboxStanding, string> = {
      connecting: words.sandboxConnecting,
      starting: words.sandboxStarting,
      ready: words.sandboxReady,
      failed: words.sandboxFailed,
      lost: words.sandboxLost,
    }
    theConnection().subscribe(state => {
      const now = standing(state)
      if (this.dataset['state'] === now) return
      this.dataset['state'] = now
      const label = this.querySelector('span')
      if (label) label.textContent = text[now]
    })
  }
}
customElements.define('meshdojo-sandbox-pill', SandboxPill)
