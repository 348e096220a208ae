/**
 * What a terminal shows, as plain text that any reader can walk through: programs that paint the screen leave a screen
 * reader with fragments. New lines are announced; each line keeps its own direction of writing.
 */
import { element } from '../workspace/element.ts'
import type { TerminalView } from './terminal-view.ts'

const LINES_KEPT = 2_000
const SETTLED_MS = 250

export interface Transcript {
  readonly open: boolean
  show(view: TerminalView): void
  hide(): void
}

/** `place` is the `role=log` over the screens. */
export function wireTranscript(place: HTMLElement): Transcript {
  let timer: ReturnType<typeof setTimeout> | undefined
  let listening: { dispose(): void } | undefined

  function draw(view: TerminalView): void {
    const lines = view.text().split('\n').slice(-LINES_KEPT)
    const before = [...place.children].map(line => line.textContent)
    let same = 0
    while (same < lines.length && lines[same] === before[same]) same++
    const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40
    for (const old of [...place.children].slice(same)) old.remove()
    place.append(...lines.slice(same).map(line => element('p', { dir: 'auto' }, line)))
    if (atEnd) place.scrollTop = place.scrollHeight
  }

  const transcript = {
    open: false,
    show(view: TerminalView) {
      transcript.hide()
      transcript.open = true
      place.hidden = false
      place.replaceChildren()
      draw(view)
      place.scrollTop = place.scrollHeight
      listening = view.terminal.onWriteParsed(() => {
        clearTimeout(timer)
        timer = setTimeout(() => draw(view), SETTLED_MS)
      })
    },
    hide() {
      transcript.open = false
      clearTimeout(timer)
      listening?.dispose()
      place.hidden = true
      place.replaceChildren()
    },
  }
  return transcript
}
