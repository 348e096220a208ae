/** The page preview: Bookinfo's product page as the learner's users see it, and what the server saw while it loaded. */
import './preview.css'
import type {
  PreviewClientMessage,
  PreviewPage,
  PreviewServerMessage,
} from '../../../sandbox-server/protocol/preview.ts'
import { fill } from '../../language/index.ts'
import { type FeatureSocket, openFeatureSocket } from '../connection/feature-socket.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import { hasTool, type MountedTool, openTool } from '../workspace/tools.ts'
import { previewBar } from './preview-bar.ts'
import { previewFrame } from './preview-frame.ts'

const TYPES = new Set<unknown>([
  'origin',
  'page',
  'gap',
  'reload',
  'error',
] satisfies PreviewServerMessage['type'][])
const isMessage = (value: unknown): value is PreviewServerMessage =>
  typeof value === 'object' && value !== null && 'type' in value && TYPES.has(value.type)

const EVERY_KEY = 'meshdojo:preview-every'
/** The last answers, newest first, as a strip of dots: one sees 90 : 10 without counting. */
const ANSWERS_KEPT = 40

export function mount(host: HTMLElement): MountedTool<'page'> {
  const words = theWords().preview
  let socket: FeatureSocket | undefined
  let frameUrl: string | undefined
  let path = '/productpage'
  let isShown = false
  let everySeconds = Number(localStorage.getItem(EVERY_KEY)) || 0
  let timer: ReturnType<typeof setInterval> | undefined

  const frame = previewFrame()
  const note = element('div', { class: 'preview-note', role: 'status' })
  const facts = element('div', { class: 'preview-facts', role: 'status' })
  const strip = element('ol', { class: 'preview-strip', 'aria-label': words.last })
  const send = (message: PreviewClientMessage) => socket?.send(message)
  const bar = previewBar(
    {
      go: to => load(to),
      reload: () => load(path),
      signIn: user => send({ type: 'sign-in', user }),
      signOut: () => send({ type: 'sign-out' }),
      reloadEvery: seconds => {
        everySeconds = seconds
        localStorage.setItem(EVERY_KEY, String(seconds))
        keepReloading()
      },
    },
    everySeconds,
  )
  host.classList.add('preview')
  host.append(
    bar.element,
    element('div', { class: 'preview-view' }, frame.element, note),
    element('div', { class: 'preview-foot' }, facts, strip),
  )
  say(words.waiting)

  function load(to: string): void {
    path = to
    bar.showPath(path)
    if (frameUrl === undefined) return
    bar.setBusy(true)
    frame.load(frameUrl + path)
  }

  function keepReloading(): void {
    clearInterval(timer)
    if (isShown && everySeconds > 0)
      timer = setInterval(() => document.hidden || load(path), everySeconds * 1000)
  }

  function say(title: string, text = '', detail = ''): void {
    frame.setVisible(false)
    note.hidden = false
    const again = element('button', { type: 'button', class: 'button small' }, theWords().retry)
    again.addEventListener('click', () => load(path))
    note.replaceChildren(
      element('h3', {}, title),
      ...(text ? [element('p', {}, text)] : []),
      ...(detail ? [element('pre', { tabindex: '0' }, detail)] : []),
      ...(text ? [again] : []),
    )
  }

  function hear(message: PreviewServerMessage): void {
    switch (message.type) {
      case 'origin':
        frameUrl = message.origin + message.entrance
        return load(path)
      case 'reload':
        return load(path)
      case 'page':
        bar.setBusy(false)
        return showPage(message.page)
      case 'gap': {
        bar.setBusy(false)
        facts.replaceChildren()
        return say(words.gap[message.gap].title, words.gap[message.gap].text, message.detail)
      }
      case 'error':
        bar.setBusy(false)
        return say(message.message, message.hint)
    }
  }

  function showPage(page: PreviewPage): void {
    path = page.path
    bar.showPath(page.path)
    bar.showUser(page.user)
    frame.setVisible(true)
    note.hidden = true
    const kind = page.status === 0 || page.status >= 500 ? 'bad' : page.status >= 400 ? 'warn' : 'good'
    const milliseconds = Math.round(page.durationMs)
    const via = fill(page.via === 'gateway' ? words.viaGateway : words.viaService, { name: page.name })
    facts.replaceChildren(
      element('strong', { class: kind }, page.status === 0 ? words.noAnswer : `HTTP ${page.status}`),
      element('span', {}, fill(words.took, { milliseconds })),
      element('span', {}, via),
      ...(page.reviewsVersion ? [versionChip(page.reviewsVersion)] : []),
      ...(page.requestId && hasTool('requests') ? [requestLink(page.requestId)] : []),
    )
    const version = page.reviewsVersion || '–'
    const dot = element(
      'li',
      {
        class: kind,
        'data-version': page.reviewsVersion,
        title: `HTTP ${page.status} · reviews ${version} · ${milliseconds} ms`,
      },
      page.status >= 400 ? String(page.status) : version,
    )
    strip.prepend(dot)
    while (strip.children.length > ANSWERS_KEPT) strip.lastElementChild?.remove()
  }

  function versionChip(version: string): HTMLElement {
    return element('span', { class: 'version-chip', 'data-version': version }, `reviews ${version}`)
  }

  function requestLink(requestId: string): HTMLElement {
    const link = element('button', { type: 'button', class: 'link-plain' }, words.inLog)
    link.addEventListener('click', () => openTool('requests', { requestId }))
    return link
  }

  return {
    shown() {
      isShown = true
      socket ??= openFeatureSocket({
        path: '/ws/preview',
        isMessage,
        onMessage: hear,
        onState: state => {
          if (state.name === 'lost' && frameUrl === undefined) say(words.waiting)
        },
      })
      keepReloading()
    },
    hidden() {
      isShown = false
      keepReloading()
    },
    open(detail) {
      if (detail.path !== undefined) load(detail.path)
    },
  }
}
