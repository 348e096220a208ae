/**
 * Two frames, one in sight: a page is loaded in the hidden one and takes the other's place when it is there, so that a
 * reload every two seconds does not flicker.
 */
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

export interface PreviewFrame {
  readonly element: HTMLElement
  load(url: string): void
  /** Shows or hides the page; what stands in its place is the caller's. */
  setVisible(visible: boolean): void
}

/** No scripts of the page's reach the course: another origin, and a sandbox that is not even its own. */
const SANDBOX = 'allow-forms allow-scripts'

function makeFrame(): HTMLIFrameElement {
  return element('iframe', {
    sandbox: SANDBOX,
    referrerpolicy: 'no-referrer',
    title: theWords().preview.frame,
  })
}

export function previewFrame(): PreviewFrame {
  let shown = makeFrame()
  let next: HTMLIFrameElement | undefined
  const place = element('div', { class: 'preview-frames' }, shown)
  return {
    element: place,
    load(url) {
      next?.remove()
      const frame = makeFrame()
      next = frame
      frame.classList.add('loading')
      frame.setAttribute('aria-hidden', 'true')
      frame.tabIndex = -1
      frame.src = url
      frame.addEventListener(
        'load',
        () => {
          if (next !== frame) return
          next = undefined
          shown.remove()
          shown = frame
          frame.classList.remove('loading')
          frame.removeAttribute('aria-hidden')
          frame.removeAttribute('tabindex')
        },
        { once: true },
      )
      place.append(frame)
    },
    setVisible(visible) {
      place.hidden = !visible
    },
  }
}
